/** `arcc data pack` and `arcc data shuffle`: write a data set as RecordIO. */

import { FACE_SIZE } from '../../../runtime/data/image.ts'
import { threadPoolEnvironment } from '../../../runtime/data/loader/thread-pool.ts'
import { packCollection } from '../../../runtime/data/pack/pack-collection.ts'
import { restartWith } from '../../../runtime/restart.ts'
import { usageErrors } from '../../host/messages.ts'
import { openSource } from '../../host/open-source.ts'
import { startWork } from '../../host/work-progress.ts'
import { packedLines } from '../../render/data-written.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { formatBytes } from '../../render/format.ts'
import { processOutput } from '../../render/output.ts'
import type { DataPackOptions, DataShuffleOptions } from '../options.ts'

/** What the two commands do differently. */
function differences(options: DataPackOptions | DataShuffleOptions) {
  if (options.what === 'shuffle') return { layout: 'im2rec', shuffle: options.seed, skipDamaged: false } as const
  const { layout, resize, quality, skipDamaged } = options
  if (quality !== undefined && resize === undefined) {
    throw usageErrors('ARC6608', { side: FACE_SIZE })
  }
  return { layout, skipDamaged, ...(resize === undefined ? {} : { recode: { side: resize, quality } }) }
}

/** Returns the exit code of a signal after it; nothing is left behind then. */
export async function pack(options: DataPackOptions | DataShuffleOptions): Promise<ExitCode> {
  restartWith(threadPoolEnvironment)
  const output = processOutput(options.color)
  const how = differences(options)
  const opened = openSource(options, output)
  if (opened === undefined) return exitCode.user
  const began = performance.now()
  const work = startWork(output, 'stopping; nothing is written')
  const packed = await packCollection({
    ...how,
    collection: opened.collection,
    out: options.out,
    force: options.force,
    showBytes: formatBytes,
    onProgress: (progress) => work.report({ stage: options.what, ...progress }),
    signal: work.signal,
  }).finally(work.end)
  const { interrupted, ...facts } = packed
  if (interrupted) return work.code ?? exitCode.interrupted
  const seconds = (performance.now() - began) / 1000
  output.result(
    options.format === 'json' ? [JSON.stringify(facts, undefined, 2)] : packedLines(packed, seconds, output.look),
  )
  return exitCode.ok
}
