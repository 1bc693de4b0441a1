/** When a plan measures this computer, and which rates stay. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { firstRates } from '../../../cli/host/first-rates.ts'
import { documentLook } from '../../../cli/render/look.ts'
import type { Output } from '../../../cli/render/output.ts'
import { type Measured, measureApart } from '../../../runtime/measure/first-measurement.ts'
import { profile } from '../../helpers/machine-profile.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
let count = 0

/** A computer with a plugin and an empty cache. */
function computer(more: Record<string, string> = {}) {
  const cache = join(folder, `cache-${count++}`)
  const plugin = join(folder, 'plugin.so')
  writeFileSync(plugin, 'a library')
  return { ARCC_CACHE: cache, ARCC_XLA_PLUGIN: plugin, ARCC_NATIVE: 'off', ...more }
}

const quietly = (cores: number): Measured => ({ profile: { ...profile, cores }, others: 0.1 })
const busily = (cores: number, others: number): Measured => ({ profile: { ...profile, cores }, others })

/** The cores of the rates that a command plans with, its notes, and how often it measured; `found` is what it would measure. */
function command(env: Record<string, string>, found: Measured, allowed = true) {
  const notes: string[] = []
  let measured = 0
  const output: Output = {
    look: documentLook,
    errorLook: documentLook,
    result: () => undefined,
    note: (lines) => void notes.push(lines.join(' ')),
    diagnostics: () => undefined,
  }
  const rates = firstRates(allowed, output, env, () => {
    measured++
    return found
  })
  // Two plans of one command.
  expect(rates()).toBe(rates())
  return { cores: rates()?.cores, notes, measured }
}

it('the first plan measures, visibly; later ones use what it found', () => {
  const env = computer()
  expect(command(env, quietly(1))).toEqual({
    cores: 1,
    notes: [expect.stringMatching(/^measuring this computer, once, .* \(--no-measure leaves it out\)$/)],
    measured: 1,
  })
  expect(command(env, quietly(2))).toEqual({ cores: 1, notes: [], measured: 0 })
  expect(command(env, quietly(2), false)).toEqual({ cores: 1, notes: [], measured: 0 })
})

describe('nothing is measured', () => {
  it.each([
    ['where it is not allowed', computer(), false],
    ['where the environment says so', computer({ ARCC_MEASURE: 'off' }), true],
    ['without the plugin', { ...computer(), ARCC_XLA_PLUGIN: join(folder, 'none.so') }, true],
  ])('%s', (_, env, allowed) => {
    expect(command(env, quietly(1), allowed)).toEqual({ cores: undefined, notes: [], measured: 0 })
    expect(existsSync(env.ARCC_CACHE)).toBe(false)
  })
})

it('off, kept rates are not used either', () => {
  const env = computer()
  command(env, quietly(1))
  expect(command({ ...env, ARCC_MEASURE: 'off' }, quietly(2)).cores).toBeUndefined()
})

it('flags of XLA and another build of the plugin are measured for themselves', () => {
  const env = computer()
  command(env, quietly(1))
  expect(command({ ...env, XLA_FLAGS: '--xla_cpu_x' }, quietly(2)).cores).toBe(2)
  const other = join(folder, 'other.so')
  writeFileSync(other, 'another library')
  expect(command({ ...env, ARCC_XLA_PLUGIN: other }, quietly(3)).cores).toBe(3)
  expect(command(env, quietly(4)).cores).toBe(1)
})

it('beside other programs it is measured up to three times, and the quietest one stays', () => {
  const env = computer()
  const again = expect.stringMatching(/the next plan measures again$/)
  expect(command(env, busily(1, 1.5))).toMatchObject({ cores: 1, notes: [expect.anything(), again] })
  expect(command(env, busily(2, 0.5))).toMatchObject({ cores: 2, notes: [expect.anything(), again] })
  expect(command(env, busily(3, 0.9))).toMatchObject({ cores: 2, notes: [expect.anything()] })
  expect(command(env, quietly(4))).toEqual({ cores: 2, notes: [], measured: 0 })
})

it('a damaged file is measured again', () => {
  const env = computer()
  command(env, quietly(1))
  const rates = join(env.ARCC_CACHE, 'rates')
  const [name = ''] = readdirSync(rates)
  const bytes = readFileSync(join(rates, name))
  bytes[200] = (bytes[200] ?? 0) ^ 1
  writeFileSync(join(rates, name), bytes)
  expect(command(env, quietly(2))).toMatchObject({ cores: 2, measured: 1 })
})

it('a failure is said, and the plan goes on without rates', () => {
  expect(command(computer(), { reason: 'it has crashed' })).toEqual({
    cores: undefined,
    notes: [expect.anything(), 'this computer could not be measured: it has crashed'],
    measured: 1,
  })
})

it('the process that measures says why it cannot', () => {
  expect(measureApart({ ...process.env, ...computer() })).toEqual({ reason: expect.stringContaining('plugin.so') })
})
