/** `arcc data pairs`: draws a verification set. */
import { pairUnit, writePairs } from '../../../runtime/data/pack/write-pairs.ts'
import { pairsLines } from '../../render/data-written.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { UsageError } from '../../render/failure.ts'
import { processOutput } from '../../render/output.ts'
import type { DataPairsOptions } from '../options.ts'
import { startWork } from './progress.ts'
import { openSource } from './source.ts'

/** Returns exit code 130 after Ctrl-C; nothing is left behind then. */
export async function pairs(options: DataPairsOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { pairs: count, seed, out, force, resize, quality } = options
  if (count % pairUnit !== 0) {
    const near = Math.max(pairUnit, Math.round(count / pairUnit) * pairUnit)
    throw new UsageError(
      `${count} pairs do not make ten equal parts with as many pairs of one person as of two`,
      `use a multiple of ${pairUnit}, such as --pairs ${near}`,
    )
  }
  if (!/\.(bin|csv)$/i.test(out)) throw new UsageError(`${out} must end in .bin or .csv`)
  const opened = openSource(options, output)
  if (opened === undefined) return exitCode.user
  const work = startWork(output, 'stopping; nothing is written')
  const written = await writePairs({
    collection: opened.collection,
    out,
    pairs: count,
    seed,
    recode: { side: resize, quality },
    force,
    onProgress: (progress) => work.report({ stage: 'pictures', ...progress }),
    signal: work.signal,
  }).finally(work.end)
  const { interrupted, ...facts } = written
  if (interrupted) return exitCode.interrupted
  output.result(options.format === 'json' ? [JSON.stringify(facts, undefined, 2)] : pairsLines(written, output.look))
  return exitCode.ok
}
