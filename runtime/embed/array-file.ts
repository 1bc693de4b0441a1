/**
 * The files that embeddings are written to in place: rows one after the other behind a header whose length is known before the number
 * of rows is.
 *
 * Legend: M rows, D embedding width.
 */
import { bug } from '../../grammar/diagnostic.ts'

export const embeddingEndings = ['.npy', '.safetensors', '.parquet'] as const
export type EmbeddingFormat = 'npy' | 'safetensors' | 'parquet'

/** The format that the ending of a file names. */
export function formatOf(file: string): EmbeddingFormat | undefined {
  const found = embeddingEndings.find((ending) => file.toLowerCase().endsWith(ending))
  switch (found) {
    case '.npy':
      return 'npy'
    case '.safetensors':
      return 'safetensors'
    case '.parquet':
      return 'parquet'
    default:
      return undefined
  }
}

export interface ArrayShape {
  /** M. */
  readonly rows: number
  /** D. */
  readonly width: number
  readonly f16: boolean
}

export const rowBytes = ({ width, f16 }: Pick<ArrayShape, 'width' | 'f16'>) => width * (f16 ? 2 : 4)

/** What a safetensors file has besides. */
export interface TensorFacts {
  /** Whether i32 [M] labels follow the embeddings. */
  readonly labels: boolean
  readonly metadata: Readonly<Record<string, string>>
}

const align = (bytes: number) => Math.ceil(bytes / 64) * 64

const magic = Buffer.from('\x93NUMPY\x01\x00', 'latin1')

/** Version 1.0 of https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. */
function npyText({ rows, width, f16 }: ArrayShape): string {
  return `{'descr': '${f16 ? '<f2' : '<f4'}', 'fortran_order': False, 'shape': (${rows}, ${width}), }`
}

function safetensorsText(shape: ArrayShape, { labels, metadata }: TensorFacts): string {
  const { rows, width, f16 } = shape
  const end = rows * rowBytes(shape)
  return JSON.stringify({
    __metadata__: metadata,
    embeddings: { dtype: f16 ? 'F16' : 'F32', shape: [rows, width], data_offsets: [0, end] },
    ...(labels ? { labels: { dtype: 'I32', shape: [rows], data_offsets: [end, end + 4 * rows] } } : {}),
  })
}

/** The bytes before the first row, with at most `most.rows` rows. */
export function headerRoom(format: EmbeddingFormat, most: ArrayShape, facts: TensorFacts): number {
  switch (format) {
    case 'npy':
      return align(magic.length + 2 + npyText(most).length + 1)
    case 'safetensors':
      // Labels come after all rows, of which there are fewer if pictures are damaged; whether there are any is known later.
      return align(8 + Buffer.byteLength(safetensorsText(most, { ...facts, labels: true })))
    case 'parquet':
      return 0
  }
}

/** A header of `room` bytes; blanks fill it. */
export function headerBytes(format: EmbeddingFormat, shape: ArrayShape, facts: TensorFacts, room: number): Uint8Array {
  if (format === 'parquet') return new Uint8Array(0)
  const isNpy = format === 'npy'
  const start = isNpy ? magic.length + 2 : 8
  const text = Buffer.from(isNpy ? npyText(shape) : safetensorsText(shape, facts))
  if (start + text.length > room) bug(`a header of ${text.length} bytes in a room of ${room}`)
  const header = Buffer.alloc(room, ' ')
  if (isNpy) {
    magic.copy(header)
    header.writeUInt16LE(room - start, magic.length)
    header[room - 1] = 0x0a
  } else header.writeBigUInt64LE(BigInt(room - start), 0)
  text.copy(header, start)
  return header
}
