/**
 * Pages of a column chunk: where they lie, and their cells. hyparquet parses headers and values; what it would trust (sizes, run
 * lengths) is checked before, so that a damaged file cannot make it reserve gigabytes or loop.
 */
import { crc32 } from 'node:zlib'
import { parquetHeader } from 'hyparquet/src/column.js'
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js'
import { readPlain } from 'hyparquet/src/plain.js'
import { sourceErrors } from '../sources/messages.ts'
import type { OpenFiles } from '../sources/open-files.ts'
import type { Column } from './columns.ts'
import { compressors } from './compressors.ts'
import { type ColumnChunk, reading } from './parquet-file.ts'
import { thriftEnd, varint } from './thrift-check.ts'

type PageHeader = ReturnType<typeof parquetHeader>
type ColumnDecoder = Parameters<typeof readDataPage>[2]

/** A value of a cell; `undefined` if the cell has none. */
export type Cell = Uint8Array | number | bigint | undefined

/** One page of a column chunk. */
export interface Page {
  readonly header: PageHeader
  /** Byte offset of its data in the file. */
  readonly offset: number
  /** Number of its first row in the row group, and how many rows it has. */
  readonly first: number
  readonly rows: number
}

export interface ChunkPages {
  readonly dictionary: Page | undefined
  readonly pages: readonly Page[]
}

/** The chunk that is read, for all functions here. */
export interface ChunkSource {
  readonly files: OpenFiles
  readonly file: number
  readonly path: string
  /** Number of the row group, for messages. */
  readonly group: number
  readonly rows: number
  readonly column: Column
  readonly chunk: ColumnChunk
}

/** Bytes in which most headers end; statistics can make them longer. */
const HEADER_BYTES = 2 ** 12
const MOST_HEADER_BYTES = 2 ** 22
/** A page of this size, or a packing of 64 : 1, is never doubted; 1 GiB is never exceeded. */
const SURE_BYTES = 2 ** 26
const MOST_PAGE_BYTES = 2 ** 30
const mostUnpacked = (packed: number) => Math.min(MOST_PAGE_BYTES, SURE_BYTES + 64 * packed)

const damagedIn =
  ({ path, column, group }: ChunkSource) =>
  (reason: string) =>
    sourceErrors('ARC6210', { file: path, reason: `${reason} (column ${column.name}, row group ${group})` })

/** Reads the headers of all pages of a chunk. Throws ARC6210 if they do not have the rows of the group. */
export function listPages(source: ChunkSource): ChunkPages {
  const { column, group, path } = source
  // A damaged header can have fields of other types, which no check below expects.
  return reading(path, `the page headers of column ${column.name}, row group ${group},`, () => walkPages(source))
}

function walkPages(source: ChunkSource): ChunkPages {
  const { chunk, rows } = source
  const damaged = damagedIn(source)
  const pages: Page[] = []
  let dictionary: Page | undefined
  let row = 0
  for (let at = chunk.offset; row < rows; ) {
    if (at >= chunk.end) throw damaged(`its pages have ${row} of ${rows} rows`)
    const { header, size } = readHeader(source, at)
    const offset = at + size
    const [packed, unpacked] = [header.compressed_page_size, header.uncompressed_page_size]
    if (!(packed >= 0 && offset + packed <= chunk.end))
      throw damaged(`the page at byte ${offset} has no size, or a larger one than its column`)
    if (!(unpacked >= 0 && unpacked <= mostUnpacked(packed))) {
      throw damaged(`the page of ${packed} bytes at byte ${offset} does not say, or too large, what it unpacks to`)
    }
    at = offset + packed
    const values = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? -1
    if (header.type === 'DICTIONARY_PAGE') dictionary ??= { header, offset, first: 0, rows: 0 }
    else if (header.type === 'DATA_PAGE' || header.type === 'DATA_PAGE_V2') {
      if (!(values >= 0 && values <= rows - row))
        throw damaged('a page has no number of values, or a larger one than its row group has rows')
      if (values > 0) pages.push({ header, offset, first: row, rows: values })
      row += values
    }
  }
  return { dictionary, pages }
}

/** The page header at a byte, and its size. */
function readHeader(source: ChunkSource, at: number): { header: PageHeader; size: number } {
  const { files, file, chunk } = source
  for (let most = HEADER_BYTES; most <= MOST_HEADER_BYTES; most *= 32) {
    const length = Math.min(most, chunk.end - at)
    const bytes = files.bytes(file, at, length)
    const end = thriftEnd(bytes, 0)
    if (end !== undefined) {
      const view = new DataView(bytes.slice(0, end).buffer)
      return { header: parquetHeader({ view, offset: 0 }), size: end }
    }
    if (length < most) break
  }
  throw damagedIn(source)(`no page begins at byte ${at}`)
}

/** The unpacked values of a dictionary page. */
export function readDictionary(source: ChunkSource, page: Page): readonly Cell[] {
  const { column } = source
  return reading(source.path, `the dictionary of column ${column.name}, row group ${source.group},`, () => {
    const { header } = page
    const data = unpack(source, page, pageBytes(source, page), header.uncompressed_page_size)
    const count = header.dictionary_page_header?.num_values ?? -1
    // Values of fixed size are bounded by the page; each text has at least its length.
    if (!(count >= 0 && count * 4 <= data.length)) throw damagedIn(source)('a dictionary has a wrong number of values')
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    return cellsOf(readPlain({ view, offset: 0 }, column.type, count, undefined))
  })
}

/**
 * The cells of a page, one for each of its rows; bytes are views of memory that the page alone holds. Throws ARC6210 if the page is
 * damaged, ARC6211 if it is packed or encoded in a way that is not read.
 */
export function readCells(source: ChunkSource, page: Page, dictionary: readonly Cell[] | undefined): readonly Cell[] {
  const { column, path, group } = source
  const encoding = (page.header.data_page_header ?? page.header.data_page_header_v2)?.encoding ?? ''
  if (!encodings.includes(encoding)) {
    throw sourceErrors('ARC6211', { file: path, what: `column ${column.name} is encoded as ${encoding}` })
  }
  const encoded = encoding.endsWith('DICTIONARY')
  return reading(path, `a page of column ${column.name}, row group ${group},`, () => {
    const { definitionLevels, dataPage } =
      page.header.type === 'DATA_PAGE' ? pageV1(source, page) : pageV2(source, page)
    const values = cellsOf(dataPage)
    const valueAt = (i: number): Cell => (encoded ? dictionary?.[Number(values[i])] : values[i])
    const cells: Cell[] = []
    const levels = definitionLevels?.length ? definitionLevels : undefined
    for (let row = 0, i = 0; row < page.rows; row++) {
      const present = levels === undefined || levels[row] === column.level
      const value = present ? valueAt(i++) : undefined
      if (present && value === undefined) throw damagedIn(source)('a page has too few values')
      cells.push(value)
    }
    return cells
  })
}

const encodings: readonly string[] = [
  'PLAIN',
  'PLAIN_DICTIONARY',
  'RLE_DICTIONARY',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'BYTE_STREAM_SPLIT',
]

function cellsOf(values: ArrayLike<unknown>): readonly Cell[] {
  return Array.from(values, (value) =>
    typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint8Array ? value : undefined,
  )
}

function pageBytes(source: ChunkSource, { header, offset }: Page): Uint8Array {
  const bytes = source.files.bytes(source.file, offset, header.compressed_page_size)
  if (header.crc !== undefined && (crc32(bytes) | 0) !== header.crc)
    throw damagedIn(source)('the checksum of a page is wrong')
  // The buffer of `files` is overwritten by the next read.
  return source.chunk.codec === 'UNCOMPRESSED' ? bytes.slice() : bytes
}

function decoderOf({ column, chunk }: ChunkSource): ColumnDecoder {
  const path = [...column.path]
  const element = path.at(-1)?.element ?? { name: column.name }
  return {
    pathInSchema: path.slice(1).map((node) => node.element.name),
    type: column.type,
    element,
    schemaPath: path,
    codec: chunk.codec,
    parsers: DEFAULT_PARSERS,
    compressors,
  }
}

function unpack(source: ChunkSource, { header }: Page, packed: Uint8Array, size: number): Uint8Array {
  const { codec } = source.chunk
  if (codec !== 'UNCOMPRESSED' && compressors[codec] === undefined) {
    // A damaged footer has numbers that stand for no codec.
    const named: string | undefined = codec
    throw sourceErrors('ARC6211', { file: source.path, what: `it is packed with ${named ?? 'an unknown codec'}` })
  }
  if (size < 0 || size > mostUnpacked(header.compressed_page_size)) throw damagedIn(source)('a page has a wrong size')
  return decompressPage(packed, size, codec, compressors)
}

function pageV1(source: ChunkSource, page: Page) {
  const header = page.header.data_page_header
  if (header === undefined) throw damagedIn(source)('a page has no header of its values')
  const data = unpack(source, page, pageBytes(source, page), page.header.uncompressed_page_size)
  let at = 0
  if (source.column.level > 0) {
    const length = new DataView(data.buffer, data.byteOffset, data.byteLength).getUint32(0, true)
    at = 4 + length
    if (at > data.length || !runsFit(data.subarray(4, at), levelBits(source.column.level), page.rows)) {
      throw damagedIn(source)('the levels of a page are wrong')
    }
  }
  checkIndices(source, data.subarray(at), header.encoding, page.rows)
  return readDataPage(data, header, decoderOf(source))
}

function pageV2(source: ChunkSource, page: Page) {
  const header = page.header.data_page_header_v2
  const damaged = damagedIn(source)
  if (header === undefined) throw damaged('a page has no header of its values')
  const packed = pageBytes(source, page)
  const { repetition_levels_byte_length: repetition, definition_levels_byte_length: definition } = header
  const levels = repetition + definition
  if (!(repetition === 0 && definition >= 0 && levels <= packed.length)) throw damaged('the levels of a page are wrong')
  if (!(header.num_nulls >= 0 && header.num_nulls <= page.rows))
    throw damaged('a page has a wrong number of missing values')
  if (source.column.level > 0 && !runsFit(packed.subarray(0, levels), levelBits(source.column.level), page.rows)) {
    throw damaged('the levels of a page are wrong')
  }
  const size = page.header.uncompressed_page_size - levels
  const data = packed.subarray(levels)
  const values = header.is_compressed === false || size === 0 ? data : unpack(source, page, data, size)
  checkIndices(source, values, header.encoding, page.rows)
  const joined = new Uint8Array(levels + values.length)
  joined.set(packed.subarray(0, levels))
  joined.set(values, levels)
  const plain = { ...page.header, data_page_header_v2: { ...header, is_compressed: false } }
  return readDataPageV2(joined, plain, decoderOf(source))
}

const levelBits = (level: number) => 32 - Math.clz32(level)

/** Checks the runs of indices into a dictionary: their width comes first. */
function checkIndices(source: ChunkSource, values: Uint8Array, encoding: string, count: number): void {
  if (!encoding.endsWith('DICTIONARY') || values.length === 0) return
  const width = values[0] ?? 0
  if (width > 32 || (width > 0 && !runsFit(values.subarray(1), width, count))) {
    throw damagedIn(source)('the indices of a page are wrong')
  }
}

/** Whether no run of the hybrid of run lengths and packed bits has more values than `count` leaves, or than its bytes hold. */
function runsFit(bytes: Uint8Array, width: number, count: number): boolean {
  let seen = 0
  for (let at = 0; at < bytes.length && seen < count; ) {
    const head = varint(bytes, at)
    while ((bytes[at] ?? 0) >= 128) at++
    at++
    const groups = Math.floor(head / 2)
    if (head % 2 === 1) {
      // Groups of eight values; the last one may be filled up.
      seen += groups * 8
      at += groups * width
      if (at > bytes.length + width) return false
    } else {
      seen += groups
      at += Math.ceil(width / 8)
      if (seen > count) return false
    }
  }
  return true
}
