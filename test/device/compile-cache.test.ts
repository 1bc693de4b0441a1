/** Compiled programs on disk: found again by a second engine, not by another program, and never trusted when broken. */
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { GraphBuilder } from '../../compiler/ir/build.ts'
import type { Graph } from '../../compiler/ir/graph.ts'
import * as ops from '../../compiler/ir/ops.ts'
import { need } from '../../grammar/diagnostic.ts'
import { sealOf, unseal } from '../../runtime/cache/sealed.ts'
import { cacheRoot } from '../../runtime/plugins/cache-root.ts'
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
let warnings: string[] = []

/** Compiles and runs on a new engine; says where the program came from. */
async function run(graph: Graph): Promise<{ cached: number; compiled: number; y: number[] }> {
  const engine = await createXlaEngine({
    world: oneProcess(1),
    plugin,
    // A cache of its own has no oneDNN.
    native: false,
    cacheAbove: 0,
    onWarning: (message) => warnings.push(message),
  })
  const executable = await engine.compile(graph)
  const x = await engine.upload(0, { dtype: 'f32', shape: [3], data: Float32Array.of(1, 2, 3) })
  const results = await executable.run([[x]])
  const y = [...((await results[0]?.[0]?.read())?.data ?? [])]
  const programs = { ...engine.programs }
  engine.dispose()
  return { ...programs, y }
}

/** Replaces the machine code of a program by instructions that no processor has: the code of the first ELF section `.text`. */
function breakCode(program: Buffer): void {
  const elf = program.indexOf('\x7fELF', 0, 'latin1')
  const word = (at: number) => Number(program.readBigUInt64LE(elf + at))
  const [table, size, number] = [word(40), program.readUInt16LE(elf + 58), program.readUInt16LE(elf + 60)]
  for (let i = 0; i < number; i++) {
    const header = table + i * size
    const isCode = (word(header + 8) & 4) !== 0
    // `ud2` of x86; on other processors zeros, which arm64 does not execute either.
    const code = process.arch === 'x64' ? [0x0f, 0x0b] : [0]
    if (isCode) program.fill(Buffer.from(code), elf + word(header + 24), elf + word(header + 24) + word(header + 32))
  }
}

/** Runs the program in another process, as users do. */
function runApart() {
  const script = fileURLToPath(new URL('../helpers/scale-program.ts', import.meta.url))
  const child = spawnSync(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, ARCC_XLA_PLUGIN: plugin, ARCC_NATIVE: 'off' },
    encoding: 'utf8',
  })
  return { signal: child.signal, warnings: child.stderr.trim(), result: child.stdout && JSON.parse(child.stdout) }
}

describeOnXla('compile cache', () => {
  beforeEach(async () => {
    plugin = await locatePlugin()
    warnings = []
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
    expect(warnings).toEqual([expect.stringContaining('the program `scale` in the compile cache is damaged')])
    expect(await run(scaleBy(2))).toEqual({ cached: 1, compiled: 0, y: [2, 4, 6] })
  })

  it('does not run again what has ended a process', async () => {
    await run(scaleBy(2))
    const [name = ''] = await readdir(join(cache, 'compiled'))
    const path = join(cache, 'compiled', name)
    const program = need(unseal(name, await readFile(path)).contents, 'the contents')
    breakCode(program)
    // Sealed as it is: a program that was compiled wrongly.
    await writeFile(path, [sealOf(name, program), program])
    expect(runApart()).toMatchObject({ signal: 'SIGILL', result: '' })
    expect(runApart()).toEqual({
      signal: null,
      warnings: expect.stringContaining('the last process that ran the program `scale` ended in its first run'),
      result: { cached: 0, compiled: 1, y: [2, 4, 6] },
    })
    expect(await run(scaleBy(2))).toEqual({ cached: 1, compiled: 0, y: [2, 4, 6] })
    expect(warnings).toEqual([])
    expect(await readdir(join(cacheRoot(), 'first-runs'))).toEqual([])
  })

  it('can be turned off', async () => {
    vi.stubEnv('ARCC_COMPILE_CACHE', 'off')
    await run(scaleBy(2))
    expect(await readdir(cache)).toEqual([])
  })
})
