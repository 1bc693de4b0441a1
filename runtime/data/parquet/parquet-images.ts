/**
 * Opens images that are cells of parquet files. Reading one image unpacks the page that it lies in, so pages are kept while there
 * is room: images in the order of the file cost one unpacking a page, images in random order one each.
 */
import { basename } from 'node:path'
import { rangeAt } from '../class-ranges.ts'
import type { EncodedImages, ParquetImages } from '../collection.ts'
import { sourceErrors } from '../sources/messages.ts'
import { openFiles } from '../sources/open-files.ts'
import { type Column, columnAt } from './columns.ts'
import { type Cell, type ChunkPages, type ChunkSource, listPages, readCells, readDictionary } from './pages.ts'
import { openParquetFile, type ParquetFile } from './parquet-file.ts'
import { createRecent } from './recent.ts'

/** Bytes of unpacked pages that a reader keeps, the lists of cells not counted. */
const KEPT_BYTES = 2 ** 26
/** Footers and lists of pages that it keeps. */
const KEPT_FILES = 64
const KEPT_CHUNKS = 1024

/** `read` throws ARC6206, ARC6210, ARC6211, and ARC6212 if the cell has no picture. */
export function openParquetImages({ files: paths, column: name, firsts }: ParquetImages): EncodedImages {
  const files = openFiles(paths)
  const footers = createRecent<{ parquet: ParquetFile; column: Column }>(KEPT_FILES)
  const chunks = createRecent<ChunkPages & { readonly source: ChunkSource }>(KEPT_CHUNKS)
  const pages = createRecent<readonly Cell[]>(KEPT_BYTES)
  const place = (i: number) => {
    const file = rangeAt(firsts, i)
    return { file, row: i - (firsts[file] ?? 0), path: paths[file] ?? '' }
  }
  const footer = (file: number, path: string) =>
    footers.get(`${file}`, () => {
      const parquet = openParquetFile(files, file, path)
      const column = columnAt(parquet.schema, name)
      if (typeof column === 'string') throw sourceErrors('ARC6211', { file: path, what: column })
      return { value: { parquet, column }, size: 1 }
    })
  return {
    read(i) {
      const { file, row, path } = place(i)
      const { parquet, column } = footer(file, path)
      const group = rangeAt(parquet.firsts, row)
      const source = (): ChunkSource => chunkSource(parquet, group, column, { files, file })
      const listed = chunks.get(`${file} ${group}`, () => {
        const from = source()
        return { value: { ...listPages(from), source: from }, size: 1 }
      })
      const inGroup = row - (parquet.groups[group]?.first ?? 0)
      const number = listed.pages.findIndex((page) => inGroup < page.first + page.rows)
      const page = listed.pages[number]
      const key = `${file} ${group} ${number}`
      const cells =
        page &&
        pages.get(key, () => {
          const dictionary =
            listed.dictionary &&
            pages.get(`${file} ${group}`, () => {
              const found = listed.dictionary
              return {
                value: found ? readDictionary(listed.source, found) : [],
                size: found?.header.uncompressed_page_size ?? 0,
              }
            })
          return { value: readCells(listed.source, page, dictionary), size: page.header.uncompressed_page_size }
        })
      const cell = page && cells?.[inGroup - page.first]
      if (!(cell instanceof Uint8Array)) throw sourceErrors('ARC6212', { file: path, row })
      return cell
    },
    nameOf(i) {
      const { row, path } = place(i)
      return `${basename(path)} row ${row}`
    },
    close: files.close,
  }
}

/** The chunk of a column in a row group. Throws ARC6210 if the group does not have the column. */
export function chunkSource(
  parquet: ParquetFile,
  group: number,
  column: Column,
  opened: Pick<ChunkSource, 'files' | 'file'>,
): ChunkSource {
  const { path } = parquet
  const rows = parquet.groups[group]?.rows ?? 0
  const chunk = parquet.groups[group]?.chunks.get(column.name)
  if (chunk === undefined) {
    throw sourceErrors('ARC6210', { file: path, reason: `row group ${group} has no column ${column.name}` })
  }
  return { ...opened, path, group, rows, column, chunk }
}
