/**
 * Files in MXNet's RecordIO format (dmlc-core, `recordio.h`). A record is a u32 magic, a u32 with a 3-bit continuation flag and a
 * 29-bit length, and the payload padded to 4 bytes. A payload that contains the magic at a multiple of 4 bytes is split there into
 * several parts, each with its own frame.
 */
import { closeSync, readSync } from 'node:fs'
import { ArccError } from '../../errors.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { openRegular } from '../open-regular.ts'

const MAGIC = 0xced7230a
/** Bytes before a payload: magic, flag and length. */
const FRAME = 8
/** Continuation flags: a whole record, or the first, a middle or the last part of one. */
const WHOLE = 0
const FIRST = 1
const LAST = 3
/** Continuation flags from here on are those of later parts. */
export const LATER_PART = 2
/** No image is larger; a larger length means a damaged file. */
const MOST_BYTES = 2 ** 28
/** Bytes read at once for a record; most face crops are smaller. */
const FIRST_READ = 2 ** 14

/** The frame of one part of a record. */
export interface Frame {
  readonly flag: number
  /** Bytes of the payload, without the padding. */
  readonly length: number
}

/** An open record file. Reading is synchronous; every error is ARC6206 or ARC6220. */
export interface RecordFile {
  readonly path: string
  readonly size: number
  /** The frame at a byte offset. */
  frame(offset: number): Frame
  /** The payload of the record at a byte offset, with its parts joined; valid until the next call. */
  payload(offset: number): Uint8Array
  /** The length of the payload at a byte offset, and up to `most` bytes of its beginning; valid until the next call. */
  head(offset: number, most: number): { readonly length: number; readonly bytes: Uint8Array }
  /** Up to `length` bytes at an offset, fewer at the end of the file; valid until the next call. */
  bytes(offset: number, length: number): Uint8Array
  close(): void
}

/** The number of bytes from a frame to the next one. */
export function frameBytes({ length }: Frame): number {
  return FRAME + Math.ceil(length / 4) * 4
}

export function openRecordFile(path: string): RecordFile {
  const { handle: file, size } = openRegular(path)
  const damaged = (at: number, reason: string) => dataErrors('ARC6220', { file: path, at, reason })
  let buffer = Buffer.alloc(FIRST_READ)

  /** Makes room for `length` bytes, keeping the first `kept`. */
  const reserve = (length: number, kept: number) => {
    if (length <= buffer.length) return
    const larger = Buffer.alloc(2 ** Math.ceil(Math.log2(length)))
    buffer.copy(larger, 0, 0, kept)
    buffer = larger
  }
  /** Reads into the buffer at `to`; fewer bytes at the end of the file. */
  const fill = (at: number, length: number, to: number): number => {
    reserve(to + length, to)
    let done = 0
    try {
      while (done < length) {
        const got = readSync(file, buffer, to + done, length - done, at + done)
        if (got === 0) break
        done += got
      }
    } catch (error) {
      throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
    }
    return done
  }
  /** The frame in the buffer at `from`, which `got` bytes of the file follow. */
  const frameIn = (from: number, got: number, at: number): Frame => {
    if (got < FRAME) throw damaged(at, `a record is expected here, but the file ends at ${size}`)
    if (buffer.readUInt32LE(from) !== MAGIC) throw damaged(at, 'no record begins here')
    const word = buffer.readUInt32LE(from + 4)
    const frame = { flag: word >>> 29, length: word & 0x1fffffff }
    if (frame.length > MOST_BYTES) throw damaged(at, `a record of ${frame.length} bytes`)
    if (at + FRAME + frame.length > size) {
      throw damaged(at, `the record has ${frame.length} bytes, but the file ends at ${size}`)
    }
    return frame
  }
  /** Reads the rest of a payload of which `have` bytes are in the buffer at `to`. */
  const complete = (at: number, length: number, have: number, to: number) => {
    if (have < length && fill(at + have, length - have, to + have) < length - have) {
      throw damaged(at, 'the file became shorter')
    }
  }
  /** Joins the parts after the first one, which has `length` bytes in the buffer behind its frame. */
  const joined = (offset: number, first: Frame): Uint8Array => {
    let end = FRAME + first.length
    let at = offset + frameBytes(first)
    for (;;) {
      // The writer removed the magic at which it split the payload. The next part is read so that its own magic takes that place.
      const got = fill(at, FRAME, end)
      const next = frameIn(end, got, at)
      if (next.flag <= FIRST) throw damaged(at, 'a record ends without its last part')
      if (end + 4 + next.length > MOST_BYTES) throw damaged(offset, `a record of more than ${MOST_BYTES} bytes`)
      complete(at + FRAME, next.length, 0, end + 4)
      end += 4 + next.length
      if (next.flag === LAST) return buffer.subarray(FRAME, end)
      at += frameBytes(next)
    }
  }
  const payload = (offset: number): Uint8Array => {
    const got = fill(offset, FIRST_READ, 0)
    const first = frameIn(0, got, offset)
    complete(offset + FRAME, first.length, Math.max(0, Math.min(got - FRAME, first.length)), FRAME)
    if (first.flag === WHOLE) return buffer.subarray(FRAME, FRAME + first.length)
    if (first.flag !== FIRST) throw damaged(offset, 'this is a later part of a record')
    return joined(offset, first)
  }
  return {
    path,
    size,
    payload,
    frame: (offset) => frameIn(0, fill(offset, FRAME, 0), offset),
    head(offset, most) {
      const { flag, length } = frameIn(0, fill(offset, FRAME + most, 0), offset)
      if (flag === WHOLE) return { length, bytes: buffer.subarray(FRAME, FRAME + Math.min(most, length)) }
      const joint = payload(offset)
      return { length: joint.length, bytes: joint.subarray(0, most) }
    },
    bytes(offset, length) {
      const got = fill(offset, length, 0)
      return buffer.subarray(0, got)
    },
    close: () => closeSync(file),
  }
}

/** What `read` returns or, if it finds a damaged record, the reason. */
export function readOrReason<T>(read: () => T): T | { readonly reason: string } {
  try {
    return read()
  } catch (error) {
    if (error instanceof ArccError && error.code === 'ARC6220') return { reason: String(error.params.reason) }
    throw error
  }
}

/** Whether `readOrReason` returned a reason. */
export function isReason(result: object): result is { readonly reason: string } {
  return 'reason' in result
}
