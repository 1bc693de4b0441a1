/**
 * TensorBoard's event files: records of TFRecord (tensorflow/core/lib/io/record_writer.h), each an `Event` of
 * tensorflow/core/util/event.proto with a `Summary` of tensorflow/core/framework/summary.proto.
 */
import { doubleField, floatField, integerField, messageField, textField } from '../protobuf.ts'
import type { Scalar } from './scalars.ts'

/** CRC-32C (Castagnoli) of every byte, polynomial 0x1EDC6F41 reflected. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

/** TFRecord's mask: a CRC of data that contains CRCs is weak. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}

/** Length u64, its masked CRC u32, data, its masked CRC u32; little-endian. */
export function recordOf(data: Uint8Array): Buffer {
  const frame = Buffer.alloc(data.length + 16)
  frame.writeBigUInt64LE(BigInt(data.length), 0)
  frame.writeUInt32LE(masked(crc32c(frame.subarray(0, 8))), 8)
  frame.set(data, 12)
  frame.writeUInt32LE(masked(crc32c(data)), 12 + data.length)
  return frame
}

/** `Event`: wall_time 1 (double, seconds), step 2, then one of its kinds. */
function event(now: number, step: number, kind: readonly number[]): Buffer {
  return recordOf(Buffer.from([...doubleField(1, now / 1000), ...integerField(2, step), ...kind]))
}

/** The first record of a file: `file_version` 3. */
export function versionRecord(now: number): Buffer {
  return event(now, 0, textField(3, 'brain.Event:2'))
}

/** `session_log` 7 with `status` 1 = START: TensorBoard discards what earlier files have from this step on. */
export function restartRecord(now: number, step: number): Buffer {
  return event(now, step, messageField(7, integerField(1, 1)))
}

/** `Summary` 5 of values 1: `tag` 1, `simple_value` 2. */
export function scalarRecord(now: number, step: number, scalars: readonly Scalar[]): Buffer {
  const values = scalars.flatMap(({ name, value }) => messageField(1, [...textField(1, name), ...floatField(2, value)]))
  return event(now, step, messageField(5, values))
}

/** `DT_STRING` */
const stringType = 7

/**
 * A text in Markdown. `metadata` 9 names the plugin (1, 1); the `tensor` 8 has a `dtype` 1, a `tensor_shape` 2 with one dim 2 of size 1,
 * and a `string_val` 8.
 */
export function textRecord(now: number, tag: string, text: string): Buffer {
  const metadata = messageField(9, messageField(1, textField(1, 'text')))
  const shape = messageField(2, messageField(2, integerField(1, 1)))
  const tensor = messageField(8, [...integerField(1, stringType), ...shape, ...textField(8, text)])
  return event(now, 0, messageField(5, messageField(1, [...textField(1, tag), ...metadata, ...tensor])))
}
