/** Opens the data set that a command names. */
import type { Collection } from '../../runtime/data/collection.ts'
import { openCollection } from '../../runtime/data/formats/data-formats.ts'
import { trainErrors } from '../../runtime/train/messages.ts'
import type { Output } from '../render/output.ts'
import { scanLine } from '../render/scan-progress.ts'
import { findSource, type SourceRequest } from './data-source.ts'
import { fileHost } from './host.ts'

export interface OpenedSource {
  readonly collection: Collection
  /** Where the data set lies; `undefined` for generated data. */
  readonly root: string | undefined
}

/** Lists the data set; `undefined` after errors in the `.arc` file, which are printed. Throws a UsageError, ARC6502 and ARC62xx. */
export function openSource(request: SourceRequest, output: Output): OpenedSource | undefined {
  const { spec, diagnostics } = findSource(request, fileHost())
  output.diagnostics(diagnostics)
  if (spec === undefined) return undefined
  const { root, name } = spec
  if (root?.pending !== undefined) throw trainErrors('ARC6502', { dataset: name, pending: root.pending })
  return { collection: openCollection(spec, scanLine(output), true), root: root?.path }
}
