/** Golden runs of arcface_torch in tests: their graphs and formulations, and the tolerance of the figures. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Golden, runGolden } from '../../bench/golden-run.ts'
import { fileHost } from '../../cli/host/host.ts'
import type { DeviceKind } from '../../compiler/ir/device-kind.ts'
import { withXla } from './xla.ts'

const folder = join(import.meta.dirname, '../golden/arcface-torch')

/** Repeats a run on the CPU, planned and emitted for a kind of device; every figure must be within 1e-3. */
export async function expectGolden(name: string, kind: DeviceKind): Promise<void> {
  const golden = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Golden
  const run = (engine: Parameters<typeof runGolden>[1]) => runGolden(golden, engine, fileHost(), kind)
  const comparisons = await withXla(golden.config.world, run, kind)
  expect(comparisons.length).toBe(2 * golden.config.steps + 2 * Object.keys(golden.params_after).length + 1)
  expect(comparisons.filter((c) => !(c.difference <= 1e-3))).toEqual([])
}
