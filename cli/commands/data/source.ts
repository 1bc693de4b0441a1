/** Opens the data set that a command names. */
import type { Collection } from '../../../runtime/data/collection.ts'
import { openCollection } from '../../../runtime/data/formats/data-formats.ts'
import { trainErrors } from '../../../runtime/train/messages.ts'
import { findSource } from '../../host/data-source.ts'
import { fileHost } from '../../host/host.ts'
import type { Output } from '../../render/output.ts'
import { scanLine } from '../../render/scan-progress.ts'
import type { DataSourceOptions } from '../options.ts'

export interface OpenedSource {
  readonly collection: Collection
  /** Where the data set lies; `undefined` for generated data. */
  readonly root: string | undefined
}

/** Lists the data set; `undefined` after errors in the `.arc` file, which are printed. Throws a UsageError, ARC6502 and ARC62xx. */
export function openSource(options: DataSourceOptions, output: Output): OpenedSource | undefined {
  const { spec, diagnostics } = findSource(options, fileHost())
  output.diagnostics(diagnostics)
  if (spec === undefined) return undefined
  const { root, name } = spec
  if (root?.pending !== undefined) throw trainErrors('ARC6502', { dataset: name, pending: root.pending })
  return { collection: openCollection(spec, scanLine(output), true), root: root?.path }
}
