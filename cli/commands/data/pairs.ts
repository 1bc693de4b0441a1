/** `arcc data pairs`: draws a verification set. */
import { pairUnit } from '../../../runtime/data/pack/folded-pairs.ts'
import { writePairs } from '../../../runtime/data/pack/write-pairs.ts'
import { usageErrors } from '../../host/messages.ts'
import { openSource } from '../../host/open-source.ts'
import { startWork } from '../../host/work-progress.ts'
import { pairsLines } from '../../render/data-written.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { processOutput } from '../../render/output.ts'
import type { DataPairsOptions } from '../options.ts'

/** Returns exit code 130 after Ctrl-C; nothing is left behind then. */
export async function pairs(options: DataPairsOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { pairs: count, seed, out, force, resize, quality } = options
  if (count % pairUnit !== 0) {
    const near = Math.max(pairUnit, Math.round(count / pairUnit) * pairUnit)
    throw usageErrors('ARC6609', { pairs: count, unit: pairUnit, near })
  }
  if (!/\.(bin|csv)$/i.test(out)) throw usageErrors('ARC6607', { file: out, endings: ['.bin', '.csv'] })
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
  if (interrupted) return work.code ?? exitCode.interrupted
  output.result(options.format === 'json' ? [JSON.stringify(facts, undefined, 2)] : pairsLines(written, output.look))
  return exitCode.ok
}
