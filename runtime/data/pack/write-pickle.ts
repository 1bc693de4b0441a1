/**
 * Verification sets as InsightFace reads them, `pickle.load(f, encoding='bytes')`: a pickle, protocol 4, of the tuple of a list of
 * encoded pictures (bytes) and a list of flags (bool), pair p being pictures 2p and 2p + 1. Opcodes: Python's `pickletools`.
 */
import type { OutputFile } from './output-files.ts'

const PROTO = 0x80
const MARK = 0x28
const EMPTY_LIST = 0x5d
const APPENDS = 0x65
const SHORT_BINBYTES = 0x43
const BINBYTES = 0x42
const NEWTRUE = 0x88
const NEWFALSE = 0x89
const TUPLE2 = 0x86
const STOP = 0x2e
const MEMOIZE = 0x94
const BINGET = 0x68
const LONG_BINGET = 0x6a

/** Items of one APPENDS, as Python's pickler batches them. */
const BATCH = 1000

function bytesHead(length: number): Uint8Array {
  if (length < 256) return Uint8Array.of(SHORT_BINBYTES, length)
  const head = new Uint8Array(5)
  head[0] = BINBYTES
  new DataView(head.buffer).setUint32(1, length, true)
  return head
}

function recall(slot: number): Uint8Array {
  if (slot < 256) return Uint8Array.of(BINGET, slot)
  const code = new Uint8Array(5)
  code[0] = LONG_BINGET
  new DataView(code.buffer).setUint32(1, slot, true)
  return code
}

async function writeList(file: OutputFile, count: number, item: (i: number) => Promise<void>): Promise<void> {
  await file.write(Uint8Array.of(EMPTY_LIST))
  for (let first = 0; first < count; first += BATCH) {
    await file.write(Uint8Array.of(MARK))
    for (let i = first; i < Math.min(count, first + BATCH); i++) await item(i)
    await file.write(Uint8Array.of(APPENDS))
  }
}

/**
 * Writes a set. `pairs` are two picture numbers for each flag, 1 for the same person. A picture that several pairs use is stored
 * once and recalled from the pickle's memo, as Python stores one object that is listed twice. `read(i)` gives the encoded bytes.
 */
export async function writeBinPairs(
  file: OutputFile,
  pairs: Int32Array,
  same: Uint8Array,
  read: (i: number) => Promise<Uint8Array>,
): Promise<void> {
  const slots = new Map<number, number>()
  await file.write(Uint8Array.of(PROTO, 4))
  await writeList(file, pairs.length, async (i) => {
    const picture = pairs[i] ?? 0
    const slot = slots.get(picture)
    if (slot !== undefined) return file.write(recall(slot))
    const bytes = await read(picture)
    slots.set(picture, slots.size)
    await file.write(bytesHead(bytes.length))
    await file.write(bytes)
    await file.write(Uint8Array.of(MEMOIZE))
  })
  await writeList(file, same.length, (i) => file.write(Uint8Array.of(same[i] === 1 ? NEWTRUE : NEWFALSE)))
  await file.write(Uint8Array.of(TUPLE2, STOP))
}
