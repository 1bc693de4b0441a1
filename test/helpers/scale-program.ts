/**
 * Runs y = 2x in a process of its own with the compile cache, and prints what came of it: started by tests of programs that end their
 * process.
 */
import { GraphBuilder } from '../../compiler/ir/build.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'

const b = new GraphBuilder('scale', 1)
const x = b.input('x', { dtype: 'f32', shape: [3] })
const graph = b.finish([{ name: 'y', value: ops.multiply(b, x, 2) }])

const engine = await createXlaEngine({
  world: oneProcess(1),
  cacheAbove: 0,
  // Written at once: this process may not live long.
  onWarning: (warning) => process.stderr.write(`${warning}\n`),
})
const executable = await engine.compile(graph)
const input = await engine.upload(0, { dtype: 'f32', shape: [3], data: Float32Array.of(1, 2, 3) })
const [results] = await executable.run([[input]])
const y = [...((await results?.[0]?.read())?.data ?? [])]
process.stdout.write(JSON.stringify({ ...engine.programs, y }))
engine.dispose()
