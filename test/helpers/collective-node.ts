/**
 * One process of `collectives.test.ts`: runs the graph with all collectives on its devices, and writes what they give. Arguments: the
 * folder, the number of processes, the rank, the devices of each process, and what it does otherwise.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import { ArccError } from '../../runtime/errors.ts'
import { localReplicas } from '../../runtime/world.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'
import { collectiveGraph, collectiveInputs } from './collective-graph.ts'
import { folderPeers } from './folder-peers.ts'
import { openOnEngine } from './run-graph.ts'

const [folder = '', ...given] = process.argv.slice(2)
const [nodes = 0, rank = 0, local = 0] = given.slice(0, 3).map(Number)
const how = given[3]
const world = { size: nodes * local, local, rank }

/** Of a failing run: a sum alone. */
function sumGraph(size: number): Graph {
  const b = new GraphBuilder('sum', world.size)
  const x = b.input('x', { dtype: 'f32', shape: [size] })
  return b.finish([{ name: 'sum', value: need(ops.sumOverReplicas(b, [x])[0], 'a sum') }])
}

try {
  const patience = how === 'waits' ? 60 : 1
  const engine = await createXlaEngine({ world, peers: folderPeers(folder, nodes, rank), native: false, patience })
  const graph = how === undefined ? collectiveGraph(world.size) : sumGraph(how === 'differs' ? 2 : 1)
  const opened = await openOnEngine(engine)(graph)
  if (how === 'leaves') process.exit()
  if (how === 'sleeps') await pause(60_000)
  writeFileSync(join(folder, 'waiting'), '')
  const replicas = localReplicas(world)
  const outputs = await opened.run(replicas.map((replica) => collectiveInputs(graph, replica)))
  outputs.forEach((own, device) => {
    own.forEach(({ data }, i) => {
      const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      writeFileSync(join(folder, `${replicas[device]}.${i}`), bytes)
    })
  })
  opened.close()
  engine.dispose()
} catch (error) {
  process.stderr.write(error instanceof ArccError ? `${error.code}: ${error.message}\n` : `${error}\n`)
  process.exitCode = 1
}
