/**
 * Embeddings as a parquet file: `name`, `label` and `embedding`, a list of numbers; in groups of rows, so that memory is bounded. The
 * library writes names, labels and the footer. It takes lists apart number by number, which is a hundred times slower than the disk;
 * all lists here have the same length, so that their column is written whole.
 *
 * Legend: N rows of a group, D embedding width.
 */
import { open } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'
import { writePageHeader } from 'hyparquet-writer/src/datapage.js'
import { need } from '../../grammar/diagnostic.ts'

/** Rows of one group: 4 MiB of embeddings of the usual width. */
export const groupRows = 2048

export interface ParquetRows {
  readonly names: readonly string[]
  /** `undefined` for a picture without one. */
  readonly labels: readonly (number | undefined)[]
  /** f32 or f16 [N,D], little endian. */
  readonly embeddings: Uint8Array
}

/** Of the writer's own version of hyparquet. */
type Schema = ConstructorParameters<typeof ParquetWriter>[0]['schema']

function elementOf(f16: boolean): Schema[number] {
  const name = 'element'
  if (!f16) return { name, type: 'FLOAT', repetition_type: 'REQUIRED' }
  const half = { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 2, logical_type: { type: 'FLOAT16' } } as const
  return { name, ...half, repetition_type: 'REQUIRED' }
}

const schemaOf = (f16: boolean): Schema => [
  { name: 'embeddings', num_children: 3 },
  { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'label', type: 'INT32', repetition_type: 'OPTIONAL' },
  { name: 'embedding', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  elementOf(f16),
]

/** A run of a level, 0 or 1, in the hybrid of run lengths and bit packing of parquet's Encodings.md. */
function run(count: number, level: 0 | 1): number[] {
  const bytes: number[] = []
  let rest = 2 * count
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return [...bytes, rest, level]
}

/** Where lists begin (0) and go on (1). */
function repetitionLevels(rows: number, width: number): Uint8Array {
  const row = [...run(1, 0), ...(width > 1 ? run(width - 1, 1) : [])]
  const levels = new Uint8Array(rows * row.length)
  for (let i = 0; i < rows; i++) levels.set(row, i * row.length)
  return levels
}

export interface ParquetFile {
  /** Appends at most `groupRows` rows. Throws the system's error. */
  add(rows: ParquetRows): Promise<void>
  /** Writes the end and flushes the file to the disk. */
  end(): Promise<void>
}

export interface ParquetFacts {
  /** D. */
  readonly width: number
  readonly f16: boolean
  readonly metadata: Readonly<Record<string, string>>
}

/** Adds the column `embedding`, one page, to the group that was written last. */
function addEmbeddings(parquet: ParquetWriter, rows: number, bytes: Uint8Array, { width, f16 }: ParquetFacts): void {
  const { writer, row_groups: groups } = parquet
  const start = writer.offset
  const values = rows * width
  const repetition = repetitionLevels(rows, width)
  const definition = Uint8Array.from(run(values, 1))
  const size = repetition.length + definition.length + bytes.length
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: size,
    compressed_page_size: size,
    data_page_header_v2: {
      num_values: values,
      num_nulls: 0,
      num_rows: rows,
      encoding: 'PLAIN',
      definition_levels_byte_length: definition.length,
      repetition_levels_byte_length: repetition.length,
      is_compressed: false,
    },
  })
  for (const part of [repetition, definition, bytes]) writer.appendBytes(part)
  const total = BigInt(writer.offset - start)
  const group = need(groups.at(-1), 'a group of rows')
  group.columns.push({
    file_offset: 0n,
    meta_data: {
      type: f16 ? 'FIXED_LEN_BYTE_ARRAY' : 'FLOAT',
      encodings: ['PLAIN', 'RLE'],
      path_in_schema: ['embedding', 'list', 'element'],
      codec: 'UNCOMPRESSED',
      num_values: BigInt(values),
      total_uncompressed_size: total,
      total_compressed_size: total,
      data_page_offset: BigInt(start),
    },
  })
  group.total_byte_size += total
  group.total_compressed_size = (group.total_compressed_size ?? 0n) + total
}

/** Creates a file. Embeddings are noise to a compressor, and stay as they are. */
export function createParquet(file: string, facts: ParquetFacts): ParquetFile {
  const parquet = new ParquetWriter({
    writer: fileWriter(file),
    schema: schemaOf(facts.f16),
    codec: 'UNCOMPRESSED',
    statistics: false,
    createdBy: 'arcc',
    kvMetadata: Object.entries(facts.metadata).map(([key, value]) => ({ key, value })),
  })
  return {
    async add({ names, labels, embeddings }) {
      await parquet.write({
        columnData: [
          { name: 'name', data: [...names], offsetIndex: false },
          { name: 'label', data: [...labels], offsetIndex: false },
        ],
        rowGroupSize: groupRows,
      })
      addEmbeddings(parquet, names.length, embeddings, facts)
      // Ctrl-C must be heard between.
      await nextTurn()
    },
    async end() {
      await parquet.finish()
      const handle = await open(file, 'r')
      await handle.sync().finally(() => handle.close())
    },
  }
}
