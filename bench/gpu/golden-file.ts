/**
 * Repeats one golden run of arcface_torch on the engine's device: `node gpu-golden.js FILE`. The figures are from PyTorch on a
 * CPU in f32, so `run-kit.ts` makes the GPU multiply in f32 too.
 */
import { readFileSync } from 'node:fs'
import { fileHost } from '../../cli/host/host.ts'
import { type Golden, runGolden } from '../golden-run.ts'
import { openEngine } from './open-engine.ts'
import { finish, type Report } from './report.ts'

const TOLERANCE = 1e-3

interface GoldenReport extends Report {
  readonly figures: number
  /** The largest relative difference, and where it occurs. */
  readonly worst: { readonly what: string; readonly difference: number }
}

const golden = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Golden
const engine = await openEngine(golden.config.world)
const comparisons = await runGolden(golden, engine, fileHost(), engine.platform)
const off = comparisons.filter(({ difference }) => !(difference <= TOLERANCE))
const worst = comparisons.reduce((a, c) => (c.difference <= a.difference ? a : c))
const report: GoldenReport = {
  ok: off.length === 0,
  figures: comparisons.length,
  worst: { what: worst.what, difference: worst.difference },
  failures: off.map((c) => `${c.what}: ${c.ours}, but ${c.golden} in arcface_torch`),
}
finish(report)
