/** Compiled programs on disk: found again by a second engine, not by another program, and never trusted when broken. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { locatePlugin } from '../../runtime/plugins/fetch-plugin.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'
import { describeOnXla } from '../helpers/xla.ts'

function scaleBy(factor: number): Graph {
  const b = new GraphBuilder('scale', 1)
  const x = b.input('x', { dtype: 'f32', shape: [3] })
  return b.finish([{ name: 'y', value: ops.multiply(b, x, factor) }])
}

let cache = ''
let plugin = ''

/** Compiles and runs on a new engine; says where the program came from. */
async function run(graph: Graph): Promise<{ cached: number; compiled: number; y: number[] }> {
  const engine = await createXlaEngine({ world: oneProcess(1), plugin, cacheAbove: 0 })
  const executable = await engine.compile(graph)
  const x = await engine.upload(0, { dtype: 'f32', shape: [3], data: Float32Array.of(1, 2, 3) })
  const results = await executable.run([[x]])
  const y = [...((await results[0]?.[0]?.read())?.data ?? [])]
  const programs = { ...engine.programs }
  engine.dispose()
  return { ...programs, y }
}

describeOnXla('compile cache', () => {
  beforeEach(async () => {
    plugin = await locatePlugin()
    cache = await mkdtemp(join(tmpdir(), 'arcc-cache-'))
    vi.stubEnv('ARCC_CACHE', cache)
    vi.stubEnv('ARCC_COMPILE_CACHE', '')
  })

  afterEach(async () => {
    vi.unstubAllEnvs()
    await rm(cache, { recursive: true, force: true })
  })

  it('serves the same program to a second engine', async () => {
    expect(await run(scaleBy(2))).toEqual({ cached: 0, compiled: 1, y: [2, 4, 6] })
    expect(await run(scaleBy(2))).toEqual({ cached: 1, compiled: 0, y: [2, 4, 6] })
    expect(await run(scaleBy(3))).toEqual({ cached: 0, compiled: 1, y: [3, 6, 9] })
    expect(await readdir(join(cache, 'compiled'))).toHaveLength(2)
  })

  it('compiles again what is broken on disk', async () => {
    await run(scaleBy(2))
    const [name = ''] = await readdir(join(cache, 'compiled'))
    await writeFile(join(cache, 'compiled', name), 'broken')
    expect(await run(scaleBy(2))).toEqual({ cached: 0, compiled: 1, y: [2, 4, 6] })
    expect(await run(scaleBy(2))).toEqual({ cached: 1, compiled: 0, y: [2, 4, 6] })
  })

  it('can be turned off', async () => {
    vi.stubEnv('ARCC_COMPILE_CACHE', 'off')
    await run(scaleBy(2))
    expect(await readdir(cache)).toEqual([])
  })
})
