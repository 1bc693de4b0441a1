/**
 * XLA's own CUDA plugin in several processes, with a driver whose GPUs are not there: its clients find each other through the run's
 * store, and programs are compiled for the devices of all. Skipped where the plugin has not been downloaded, where GPUs are, and
 * without a C compiler.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import { findCudaDriver } from '../../runtime/cuda/driver.ts'
import { packageFolder } from '../../runtime/package-folder.ts'
import { hostPlatform } from '../../runtime/plugins/plugin-table.ts'
import { cachedCudaTools, cudaEntries } from '../../runtime/xla/exact/cuda-tools.ts'
import { buildLibrary, hasCompiler } from '../helpers/compiler.ts'
import { bundleNode, makeSite, type NodePart, runNodes } from '../helpers/exchange-run.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

const tools = hostPlatform() === 'linux-x64' && hasCompiler ? await cachedCudaTools(cudaEntries()) : undefined
const folder = temporaryFolder()
const driver = join(folder, 'driver')
let run: (parts: readonly NodePart[]) => ReturnType<typeof runNodes>

describe.runIf(tools !== undefined && !findCudaDriver().found)("XLA's CUDA plugin in two processes", () => {
  beforeAll(async () => {
    const { plugin, dataFolder } = need(tools, 'the plugin')
    const text = readFileSync(join(packageFolder, 'test/helpers/fake-gpus.c'), 'utf8')
    const library = buildLibrary(join(folder, 'fake-gpus.so'), text)
    mkdirSync(driver)
    for (const name of ['libcuda.so.1', 'libnvidia-ml.so.1']) copyFileSync(library, join(driver, name))
    const placed = makeSite(join(folder, 'site'), { plugin, library, dataFolder })
    const program = await bundleNode()
    const env = { LD_LIBRARY_PATH: driver }
    run = (parts) =>
      runNodes(
        { program, plugin: placed, local: 2, cache: join(folder, 'cache') },
        parts.map((part) => ({ ...part, env, compileOnly: true })),
      )
  })

  it('has clients that find each other, and programs for the devices of both, also from the cache', async () => {
    const caches = [join(folder, 'cache'), join(folder, 'cache')]
    for (const report of await run([{ caches }, { caches }])) {
      expect(report?.error).toBeUndefined()
      expect(report?.engines.map(({ cached, compiled }) => [cached, compiled])).toEqual([
        [0, 2],
        [2, 0],
      ])
      expect(report?.engines[0]?.description).toMatch(/^XLA CUDA \(PJRT \S+\), 2 × a card in each of 2 processes$/)
    }
  })

  it.each(['killed in client', 'killed in compile'] as const)('ends when one is %s', async (stop) => {
    const [first] = await run([{}, { stop }])
    expect(first?.error).toMatchObject({ code: 'ARC6857', message: expect.stringContaining('rank 1 (node-1) is lost') })
  })
})
