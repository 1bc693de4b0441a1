/** Bytes of RecordIO files as MXNet writes them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A frame: magic, and continuation flag with length. */
export function frameOf(flag: number, length: number): Buffer {
  const frame = Buffer.alloc(8)
  frame.writeUInt32LE(0xced7230a, 0)
  frame.writeUInt32LE(((flag << 29) | length) >>> 0, 4)
  return frame
}

/** A header as `struct.pack('IfQQ', …)` writes it, followed by the labels of an array label. */
export function headerOf(label: number | readonly number[]): Buffer {
  const labels = typeof label === 'number' ? [] : label
  const bytes = Buffer.alloc(24 + 4 * labels.length)
  bytes.writeUInt32LE(labels.length, 0)
  if (typeof label === 'number') bytes.writeFloatLE(label, 4)
  for (const [i, value] of labels.entries()) bytes.writeFloatLE(value, 24 + 4 * i)
  return bytes
}

/** One part of a record, padded to 4 bytes. */
export function partOf(flag: number, payload: Buffer): Buffer {
  return Buffer.concat([frameOf(flag, payload.length), payload, Buffer.alloc((4 - (payload.length % 4)) % 4)])
}

/** A gray 2 × 2 PGM of one level. */
export const pgm = (level: number) => Buffer.concat([Buffer.from('P5 2 2 255\n'), Buffer.alloc(4, level)])

/** The record of a picture of one gray level. */
export function pictureRecord(label: number | readonly number[], level = 1): Buffer {
  return partOf(0, Buffer.concat([headerOf(label), pgm(level)]))
}

/** A record that is labels and nothing else, such as record 0 and identity records. */
export function rangeRecord(first: number, end: number): Buffer {
  return partOf(0, headerOf([first, end]))
}

export interface RecordFiles {
  readonly records: readonly Buffer[]
  /** Keys of the records; from 0 by default. */
  readonly keys?: readonly number[]
  /** Text of the index instead of the right one; `null`: no index. */
  readonly index?: string | null
  readonly property?: string
  /** `train` by default. */
  readonly name?: string
}

/** The lines of an index of records in their order. */
export function indexOf(records: readonly Buffer[], keys?: readonly number[]): string {
  let offset = 0
  return records
    .map((record, i) => {
      const line = `${keys?.[i] ?? i}\t${offset}\n`
      offset += record.length
      return line
    })
    .join('')
}

/** Writes a packed set to a folder; returns the folder. */
export function writeRecords(folder: string, { records, keys, index, property, name = 'train' }: RecordFiles): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.rec`), Buffer.concat(records))
  if (index !== null) writeFileSync(join(folder, `${name}.idx`), index ?? indexOf(records, keys))
  if (property !== undefined) writeFileSync(join(folder, 'property'), property)
  return folder
}
