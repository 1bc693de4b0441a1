/** All results of the comparison, as `--json` prints them, and as a file keeps them, so that an hour of measuring can be interrupted. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Verdict } from '../verdict.ts'
import { judgeRow } from './bars.ts'
import { type Comparison, compareRounds } from './compare.ts'
import type { StepFlops } from './experiment.ts'
import type { RowRounds } from './measure-row.ts'
import { allRows, type Row, rowName } from './rows.ts'
import { isNamed, type Peak, type Setting } from './setting.ts'

export interface RowResult {
  readonly row: Row
  readonly flops: StepFlops
  /** Why there are no figures, if there are none. */
  readonly measured: RowRounds | string
}

export interface Results {
  readonly setting: Setting
  /** The highest of several measurements; why there is none, as text. */
  readonly peak: Peak | string
  readonly rows: readonly RowResult[]
}

export function comparisonOf({ measured }: RowResult): Comparison | string {
  return typeof measured === 'string' ? measured : compareRounds(measured.rounds)
}

/** Parts of the processor's peak that the steps reach, between 0 and 1; `undefined` where the peak is unknown. */
export function sharesOfPeak(
  { row, flops }: RowResult,
  { step }: Comparison,
  peak: Peak | string,
): { readonly arcc: number; readonly torch: number } | undefined {
  const most = typeof peak === 'string' ? undefined : peak[row.kind === 'head' ? 'f32' : row.precision]
  if (most === undefined) return undefined
  return { arcc: flops.arcc / step.arcc / most, torch: flops.torch / step.torch / most }
}

export function judge({ rows }: Results): readonly Verdict[] {
  return rows.flatMap((result) => judgeRow(result.row, comparisonOf(result)))
}

export interface Kept {
  /** The results of the file that belong to this setting. */
  readonly rows: readonly RowResult[]
  readonly peak?: Peak | string
  /** Why those of the file are not used, if they are not. */
  readonly dropped?: string
}

/** Rows with figures are kept if they are of the same setting, and of sources that are committed. */
export function keptRows(before: Results, setting: Setting): Kept {
  if (JSON.stringify(before.setting) !== JSON.stringify(setting))
    return { rows: [], dropped: 'its rows are of another commit, computer or effort, and are measured again' }
  if (!isNamed(setting)) return { rows: [], dropped: 'its rows are of changed sources, and are measured again' }
  return { rows: before.rows.filter(({ measured }) => typeof measured !== 'string'), peak: before.peak }
}

export function readKept(file: string | undefined, setting: Setting): Kept {
  if (file === undefined || !existsSync(file)) return { rows: [] }
  return keptRows(JSON.parse(readFileSync(file, 'utf8')) as Results, setting)
}

export function resultFor(rows: readonly RowResult[], row: Row): RowResult | undefined {
  return rows.find((result) => rowName(result.row) === rowName(row))
}

/** The new results and, of other rows, those kept before, in the order of the table. */
export function mergeRows(rows: readonly RowResult[], before: readonly RowResult[]): readonly RowResult[] {
  return allRows.flatMap((row) => resultFor(rows, row) ?? resultFor(before, row) ?? [])
}

/** An interruption leaves the file as it was. */
export function writeKept(file: string, results: Results): void {
  writeFileSync(`${file}.tmp`, JSON.stringify(results, undefined, 1))
  renameSync(`${file}.tmp`, file)
}
