/**
 * Reads the footers of parquet files (parquet-format 2.x) with hyparquet, and checks everything in them that later reads rest on.
 * What hyparquet throws is reported as ARC6210 with what was read.
 */
import { type FileMetaData, parquetMetadata, parquetSchema, type SchemaTree } from 'hyparquet'
import { ArccError } from '../../errors.ts'
import { sourceErrors } from '../sources/messages.ts'
import type { OpenFiles } from '../sources/open-files.ts'
import { thriftEnd } from './thrift-check.ts'

/** The values of one column in one row group: a range of the file. */
export interface ColumnChunk {
  readonly offset: number
  readonly end: number
  readonly codec: Codec
  /** The number of rows without a value, if the file says so. */
  readonly nulls: number | undefined
}

type ChunkMetaData = NonNullable<FileMetaData['row_groups'][number]['columns'][number]['meta_data']>
type Codec = ChunkMetaData['codec']

export interface RowGroup {
  /** Number of the first row in the file. */
  readonly first: number
  readonly rows: number
  /** By the column's path: `image.bytes`. */
  readonly chunks: ReadonlyMap<string, ColumnChunk>
}

export interface ParquetFile {
  readonly path: string
  readonly rows: number
  readonly groups: readonly RowGroup[]
  /** The number of the first row of each group, and that of all rows. */
  readonly firsts: readonly number[]
  readonly schema: SchemaTree
  /** Hugging Face's description of the columns, as JSON. */
  readonly huggingFace: string | undefined
}

/** Footers have a few hundred bytes for each column of each row group. */
const MOST_FOOTER_BYTES = 2 ** 26
/** Rows of a group are decoded at once; a group of more is no group of pictures. */
const MOST_GROUP_ROWS = 2 ** 24
/** Magic number and length of the footer; the file begins with the magic number too. */
const [TAIL, HEAD] = [8, 4]

/** Runs `read`; whatever goes wrong in it means that `file` is damaged at `what`. */
export function reading<T>(file: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ArccError) throw error
    throw sourceErrors('ARC6210', { file, reason: `${what} cannot be read` }, error)
  }
}

/** File number `number` of `files`. Throws ARC6206, ARC6210 if it is no undamaged parquet file, ARC6211 if it is encrypted. */
export function openParquetFile(files: OpenFiles, number: number, path: string): ParquetFile {
  const size = files.size(number)
  const damaged = (reason: string) => sourceErrors('ARC6210', { file: path, reason })
  if (size < HEAD + TAIL) throw damaged(`it has only ${size} bytes`)
  const tail = Buffer.from(files.bytes(number, size - TAIL, TAIL))
  const magic = tail.toString('latin1', 4)
  if (magic === 'PARE') throw sourceErrors('ARC6211', { file: path, what: 'its footer is encrypted' })
  if (magic !== 'PAR1') throw damaged('it does not end as a parquet file does; it may have been cut short')
  const length = tail.readUInt32LE(0)
  if (length > size - HEAD - TAIL || length > MOST_FOOTER_BYTES) throw damaged(`its footer claims ${length} bytes`)
  // hyparquet keeps views of it, so it must not be overwritten.
  const footer = files.bytes(number, size - TAIL - length, length + TAIL).slice()
  if (thriftEnd(footer.subarray(0, length), 0) === undefined) throw damaged('its footer is malformed')
  return reading(path, 'its footer', () => describe(parquetMetadata(footer, { geoparquet: false }), path, size))
}

function describe(metadata: FileMetaData, path: string, size: number): ParquetFile {
  const damaged = (reason: string) => sourceErrors('ARC6210', { file: path, reason })
  let first = 0
  const groups = metadata.row_groups.map(({ num_rows, columns }, number): RowGroup => {
    const rows = Number(num_rows)
    if (!(rows >= 0 && rows <= MOST_GROUP_ROWS))
      throw damaged(`row group ${number} does not have 0 … ${MOST_GROUP_ROWS} rows`)
    const chunks = new Map<string, ColumnChunk>()
    for (const { meta_data, file_path } of columns) {
      if (meta_data === undefined || file_path !== undefined) continue
      const chunk = chunkOf(meta_data)
      const name = meta_data.path_in_schema.join('.')
      if (!(chunk.offset >= HEAD && chunk.end >= chunk.offset && chunk.end <= size - TAIL)) {
        throw damaged(`column ${name} of row group ${number} is said to lie outside the file`)
      }
      chunks.set(name, chunk)
    }
    const group = { first, rows, chunks }
    first += rows
    return group
  })
  if (first !== Number(metadata.num_rows))
    throw damaged(`its row groups have ${first} rows, which is not the number in its footer`)
  const huggingFace = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  const firsts = [...groups.map((group) => group.first), first]
  return { path, rows: first, groups, firsts, schema: parquetSchema(metadata), huggingFace }
}

function chunkOf(meta: ChunkMetaData): ColumnChunk {
  const data = Number(meta.data_page_offset)
  const dictionary = Number(meta.dictionary_page_offset ?? 0)
  const offset = dictionary > 0 ? Math.min(dictionary, data) : data
  const nulls = meta.statistics?.null_count
  return {
    offset,
    end: offset + Number(meta.total_compressed_size),
    codec: meta.codec,
    nulls: nulls === undefined ? undefined : Number(nulls),
  }
}
