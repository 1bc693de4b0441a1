/**
 * PJRT's key-value callbacks, driven by a plugin that exchanges what XLA's for CUDA does, in real processes: the devices, what
 * compilers have measured, and NCCL's ids.
 */
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { need } from '../../../../grammar/diagnostic.ts'
import { findCompiler } from '../../../../runtime/native-compiler.ts'
import { packageFolder } from '../../../../runtime/package-folder.ts'
import { buildLibrary as buildSources } from '../../../../runtime/xla/native/build-library.ts'
import { buildLibrary, hasCompiler } from '../../../helpers/compiler.ts'
import { bundleNode, makeSite, type NodePart, runNodes } from '../../../helpers/exchange-run.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
let program = ''
let plugin = ''

const run = (local: number, parts: readonly NodePart[]) =>
  runNodes({ program, plugin, local, cache: join(folder, 'cache') }, parts)

const twice = <T>(value: T) => [value, value] as const

describe.runIf(hasCompiler)('several processes (built with cc; skipped where there is none)', () => {
  beforeAll(async () => {
    const sources = { folder: join(packageFolder, 'test/helpers/exchange-plugin'), name: 'exchange.so' }
    const compiler = need(await findCompiler('c'), 'a compiler')
    plugin = makeSite(join(folder, 'site'), {
      plugin: await buildSources(compiler, { ...sources, flags: ['-O1'], link: ['-lpthread'], identity: '' }),
      library: buildLibrary(join(folder, 'any.so'), 'unsigned long cudnnGetVersion(void) { return 92800; }'),
    })
    program = await bundleNode()
  })

  it('find each other, compile together, and load together only what all have', async () => {
    const [shared, other] = [join(folder, 'shared'), join(folder, 'other')]
    const reports = await run(2, [{ caches: [shared, shared, shared] }, { caches: [shared, shared, other] }])
    for (const [rank, report] of reports.entries()) {
      expect(report?.error).toBeUndefined()
      expect(report?.engines.map(({ cached, compiled }) => [cached, compiled])).toEqual([
        [0, 2],
        [2, 0],
        [0, 2],
      ])
      expect(report?.engines[0]).toMatchObject({
        description: 'XLA CUDA (PJRT 0.81), 2 × a card in each of 2 processes',
        // The last of its own devices.
        memory: 1000 + rank * 2 + 1,
        alive: 0,
      })
    }
  })

  it.each([3, 8])('%i of them, with one device each', async (nodes) => {
    const reports = await run(1, Array(nodes).fill({}))
    expect(reports.map((report) => report?.error ?? report?.engines.length)).toEqual(Array(nodes).fill(1))
  })

  it.each([
    ['killed in client', 'ARC6857', /^rank 1 \(node-1\) is lost/],
    ['killed in compile', 'ARC6857', /^rank 1 \(node-1\) is lost/],
    ['failed in compile', 'ARC6999', /^rank 1 \(node-1\): this one has no memory left/],
    ['killed in run', 'ARC6857', /^rank 1 \(node-1\) is lost/],
  ] as const)('end with the error of the one that is %s', async (stop, code, message) => {
    const begun = performance.now()
    const [first, , third] = await run(1, [{}, { stop }, {}])
    for (const report of [first, third])
      expect(report?.error).toMatchObject({ code, message: expect.stringMatching(message) })
    expect(performance.now() - begun).toBeLessThan(15_000)
  })

  it('say whose devices did not come in time', async () => {
    const env = { EXCHANGE_TIMEOUT_MS: '300' }
    const [first] = await run(1, [{ env }, { env, stop: 'silent in client' }])
    expect(first?.error).toEqual({
      code: 'ARC6882',
      message: "XLA could not exchange what the processes' devices need: the devices of rank 1 did not come in time",
    })
  })

  it('say which has other devices', async () => {
    const reports = await run(2, twice({ env: { EXCHANGE_DEVICES: '1' } }))
    const message = 'the processes have different numbers of devices: rank 0 has 2, rank 1 has 1, where each needs 2'
    expect(reports.map((report) => report?.error?.message)).toContain(message)
  })
})
