/** Embeddings as a parquet file: `name`, `label` and `embedding`, a list of numbers; in groups of rows, so that memory is bounded. */
import { open } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileWriter, ParquetWriter } from 'hyparquet-writer'

/** Rows of one group: 4 MiB of embeddings of the usual width, of which 40 times as much is in memory while they are encoded. */
export const groupRows = 2048

export interface ParquetRows {
  readonly names: readonly string[]
  /** `undefined` for a picture without one. */
  readonly labels: readonly (number | undefined)[]
  /** The numbers of each row. */
  readonly embeddings: readonly (readonly number[])[]
}

/** Of the writer's own version of hyparquet. */
type Schema = ConstructorParameters<typeof ParquetWriter>[0]['schema']

function schemaOf(f16: boolean): Schema {
  const element: Schema[number] = f16
    ? {
        name: 'element',
        type: 'FIXED_LEN_BYTE_ARRAY',
        type_length: 2,
        logical_type: { type: 'FLOAT16' },
        repetition_type: 'REQUIRED',
      }
    : { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' }
  return [
    { name: 'embeddings', num_children: 3 },
    { name: 'name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    { name: 'label', type: 'INT32', repetition_type: 'OPTIONAL' },
    { name: 'embedding', converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    element,
  ]
}

export interface ParquetFile {
  /** Appends at most `groupRows` rows. Throws the system's error. */
  add(rows: ParquetRows): Promise<void>
  /** Writes the end and flushes the file to the disk. */
  end(): Promise<void>
}

/** Creates a file. Embeddings are noise to a compressor, and stay as they are. */
export function createParquet(
  file: string,
  { f16, metadata }: { readonly f16: boolean; readonly metadata: Readonly<Record<string, string>> },
): ParquetFile {
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: schemaOf(f16),
    codec: 'UNCOMPRESSED',
    statistics: false,
    createdBy: 'arcc',
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
  })
  return {
    async add({ names, labels, embeddings }) {
      await writer.write({
        columnData: [
          { name: 'name', data: [...names], offsetIndex: false },
          { name: 'label', data: [...labels], offsetIndex: false },
          { name: 'embedding', data: [...embeddings], encoding: 'PLAIN', offsetIndex: false },
        ],
        rowGroupSize: groupRows,
      })
      // Ctrl-C must be heard between.
      await nextTurn()
    },
    async end() {
      await writer.finish()
      const handle = await open(file, 'r')
      await handle.sync().finally(() => handle.close())
    },
  }
}
