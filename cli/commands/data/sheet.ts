/** `arcc data sheet`: draws pictures of a data set in one image. */
import { createFaceAugmenter } from '../../../runtime/data/pack/augment-face.ts'
import { drawSheet } from '../../../runtime/data/pack/draw-sheet.ts'
import { findSource } from '../../host/data-source.ts'
import { fileHost } from '../../host/host.ts'
import { usageErrors } from '../../host/messages.ts'
import { openSource } from '../../host/open-source.ts'
import { sheetLines } from '../../render/data-written.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { type Output, processOutput } from '../../render/output.ts'
import type { DataSheetOptions } from '../options.ts'

/** What the experiment in an `.arc` file does to its images; `null` after errors, which are printed. */
function augmenterOf(file: string, output: Output): ReturnType<typeof createFaceAugmenter> | null {
  if (!/\.arc$/i.test(file)) throw usageErrors('ARC6606', { option: '--augmented', source: file })
  const { augment, diagnostics } = findSource({ source: file, experiment: undefined, set: [] }, fileHost())
  output.diagnostics(diagnostics)
  return augment === undefined ? null : createFaceAugmenter(augment, firstSeed)
}

/** Any seed shows what the augmentations do; the same one shows the same versions. */
const firstSeed = 1

export async function sheet(options: DataSheetOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { out, rows, columns, class: only, force } = options
  if (!/\.png$/i.test(out)) throw usageErrors('ARC6607', { file: out, endings: ['.png'] })
  const opened = openSource(options, output)
  if (opened === undefined) return exitCode.user
  const augment = options.augmented === undefined ? undefined : augmenterOf(options.augmented, output)
  if (augment === null) return exitCode.user
  const { collection } = opened
  const drawn = await drawSheet({
    collection,
    out,
    rows,
    columns,
    class: only,
    force,
    ...(augment === undefined ? {} : { augment }),
  })
  output.result(options.format === 'json' ? [JSON.stringify(drawn, undefined, 2)] : sheetLines(drawn, output.look))
  return exitCode.ok
}
