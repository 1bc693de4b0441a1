/** `arcc data sheet`: draws pictures of a data set in one image. */
import { drawSheet } from '../../../runtime/data/pack/draw-sheet.ts'
import { sheetLines } from '../../render/data-written.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { UsageError } from '../../render/failure.ts'
import { processOutput } from '../../render/output.ts'
import type { DataSheetOptions } from '../options.ts'
import { openSource } from './source.ts'

export async function sheet(options: DataSheetOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { out, rows, columns, class: only, force } = options
  if (!/\.png$/i.test(out)) throw new UsageError(`${out} must end in .png`)
  const opened = openSource(options, output)
  if (opened === undefined) return exitCode.user
  const drawn = await drawSheet({ collection: opened.collection, out, rows, columns, class: only, force })
  output.result(options.format === 'json' ? [JSON.stringify(drawn, undefined, 2)] : sheetLines(drawn, output.look))
  return exitCode.ok
}
