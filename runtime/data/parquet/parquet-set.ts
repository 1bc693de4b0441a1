/** A data set in parquet files with a column of encoded pictures and one of labels, as on Hugging Face. */
import { resolve } from 'node:path'
import { ArccError } from '../../errors.ts'
import type { Collection, ParquetImages } from '../collection.ts'
import type { DataSpec } from '../data-format.ts'
import { keptOrRead } from '../kept/kept-labels.ts'
import { type ScanCount, type ScanWatcher, scanCount } from '../scan-progress.ts'
import { type ClassLabels, type ClassNumbers, createClassNumbers, type LabelKind } from '../sources/class-numbers.ts'
import { filesAt } from '../sources/files-at.ts'
import { f64Column } from '../sources/growing.ts'
import { type FaultLog, faultLog, sourceErrors } from '../sources/messages.ts'
import { type OpenFiles, openFiles } from '../sources/open-files.ts'
import { classNames } from './class-names.ts'
import { type Column, imageColumn, labelColumn } from './columns.ts'
import { type Cell, listPages, readCells, readDictionary } from './pages.ts'
import { openParquetFile, type ParquetFile } from './parquet-file.ts'
import { chunkSource } from './parquet-images.ts'

/** The columns, and where the files are. */
export interface ParquetSpec extends Pick<DataSpec, 'image' | 'label'> {
  /** A file, a folder of files, or a pattern. */
  readonly root: string
  readonly labels: LabelKind | undefined
}

/**
 * All rows of all files, in their order. Only footers and labels are read. Throws ARC6206, ARC6295 and ARC6296 as `filesAt`,
 * ARC6213 with everything that is wrong with the files, ARC6293 if labels are numbers with gaps.
 */
export function openParquetSet(spec: ParquetSpec, watcher?: ScanWatcher): Collection {
  const paths = filesAt(resolve(spec.root), '.parquet')
  const { labels, classes, people, column, firsts } = knownRows(spec, paths, watcher)
  return {
    name: spec.root,
    images: labels.length,
    classes,
    label: (i) => labels[i] ?? 0,
    recipe: { kind: 'parquet', files: paths, column, firsts },
    ...(people === undefined ? {} : { people }),
    leftOut: [],
  }
}

/** The labels of all rows, and what a recipe needs to find the pictures. */
type ListedRows = ClassLabels & Pick<ParquetImages, 'column' | 'firsts'>

/** The rows of fewer pictures are listed again as quickly. */
const LEAST_ROWS = 5000

/** The rows as an earlier start has kept them, or else as the files have them. */
function knownRows(spec: ParquetSpec, paths: readonly string[], watcher: ScanWatcher | undefined): ListedRows {
  const { image, label, labels } = spec
  return keptOrRead<ListedRows>({
    key: { kind: 'parquet', path: resolve(spec.root), settings: { image, label, labels } },
    files: paths,
    least: LEAST_ROWS,
    read: () => readRows(spec, paths, watcher),
    rest: ({ column, firsts }) => ({ arrays: { firsts }, facts: { column } }),
    restore({ leftOut: _, ...classes }, { arrays: { firsts }, facts: { column } }) {
      const isWhole = firsts instanceof Float64Array && typeof column === 'string'
      return isWhole ? { ...classes, column, firsts } : undefined
    },
  })
}

function readRows(spec: ParquetSpec, paths: readonly string[], watcher: ScanWatcher | undefined): ListedRows {
  const files = openFiles(paths)
  try {
    return listRows(spec, paths, files, watcher)
  } finally {
    files.close()
  }
}

function listRows(
  spec: ParquetSpec,
  paths: readonly string[],
  files: OpenFiles,
  watcher: ScanWatcher | undefined,
): ListedRows {
  const progress = scanCount(watcher, `reading the labels of ${spec.root}`)
  const faults = faultLog()
  const firsts = f64Column()
  let rows = 0
  let columnName: string | undefined
  let names: readonly string[] | undefined
  let classes: ClassNumbers | undefined
  for (const [file, path] of paths.entries()) {
    firsts.add(rows)
    try {
      const parquet = openParquetFile(files, file, path)
      const [image, label] = [imageColumn(parquet.schema, spec.image), labelColumn(parquet.schema, spec.label)]
      const wrong = [image, label].filter((column) => typeof column === 'string')
      for (const fault of wrong) faults.add(`${path}: ${fault}`)
      if (typeof image === 'string' || typeof label === 'string') continue
      const found = spec.labels === 'names' ? undefined : classNames(parquet.huggingFace, spec.label)
      names ??= found
      columnName ??= image.name
      classes ??= createClassNumbers(spec.labels)
      if (image.name !== columnName)
        faults.add(`${path}: the pictures are in ${image.name}, not in ${columnName} as before`)
      if (found !== undefined && found.join('\n') !== names?.join('\n'))
        faults.add(`${path}: its names of classes differ from those of ${paths[0]}`)
      checkPictures(parquet, image, faults)
      readLabels(parquet, label, { files, file, classes, names, faults, progress })
      rows += parquet.rows
    } catch (error) {
      if (!(error instanceof ArccError)) throw error
      faults.add(error.message)
    }
  }
  firsts.add(rows)
  if (faults.count === 0 && rows === 0) faults.add(`${spec.root} has no rows`)
  if (faults.count > 0 || classes === undefined) {
    throw sourceErrors('ARC6213', { root: spec.root, count: faults.count, faults: faults.shown() })
  }
  const found = names === undefined ? classes.finish(spec.root) : classes.finishNamed(names)
  return { ...found, column: columnName ?? '', firsts: firsts.values() }
}

/** Notes the row groups in which cells have no picture, where the file counts them. */
function checkPictures({ path, groups }: ParquetFile, column: Column, faults: FaultLog): void {
  let [missing, rows] = [0, 0]
  for (const { rows: size, chunks } of groups) {
    const chunk = chunks.get(column.name)
    if (size > 0 && chunk === undefined) faults.add(`${path}: a row group has no column ${column.name}`)
    missing += chunk?.nulls ?? 0
    rows += size
  }
  if (missing > 0) {
    faults.add(
      `${path}: ${missing} of ${rows} rows have no bytes in ${column.name}; embed the pictures, or drop these rows`,
    )
  }
}

interface LabelReading {
  readonly files: OpenFiles
  readonly file: number
  readonly classes: ClassNumbers
  readonly names: readonly string[] | undefined
  readonly faults: FaultLog
  readonly progress: ScanCount
}

function readLabels(
  parquet: ParquetFile,
  column: Column,
  { files, file, classes, names, faults, progress }: LabelReading,
): void {
  for (const [group, { first, rows }] of parquet.groups.entries()) {
    if (rows === 0) continue
    const source = chunkSource(parquet, group, column, { files, file })
    const { dictionary, pages } = listPages(source)
    const values = dictionary && readDictionary(source, dictionary)
    for (const page of pages) {
      for (const [i, cell] of readCells(source, page, values).entries()) {
        progress.add()
        const fault = addLabel(cell, classes, names)
        if (fault !== undefined) faults.add(`${parquet.path}, row ${first + page.first + i}: ${fault}`)
      }
    }
  }
}

function addLabel(cell: Cell, classes: ClassNumbers, names: readonly string[] | undefined): string | undefined {
  if (cell === undefined) return 'it has no label'
  if (cell instanceof Uint8Array) return classes.add(cell, 0, cell.length)
  const value = Number(cell)
  if (names !== undefined && !(value >= 0 && value < names.length)) {
    return value === -1 ? 'its label is -1, that is, unknown' : `the label ${value} is not in 0 … ${names.length - 1}`
  }
  return classes.addNumber(value)
}
