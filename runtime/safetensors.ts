/**
 * Tensor files in the safetensors format: a u64 header length, a JSON header, and the tensors' bytes, little endian, without
 * gaps. Wider elements come first, so that every tensor is aligned; equally wide ones are sorted by name, like in the reference
 * implementation. Equal tensors therefore give equal files.
 */
import { createHash } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { type DType, dtypeBytes, elementCount } from '../compiler/ir/dtype.ts'
import { Bug, bug } from '../grammar/diagnostic.ts'
import type { HostArray, HostTensor } from './engine.ts'
import { ArccError } from './errors.ts'
import {
  dtypeOf,
  encodeHeader,
  formatNames,
  type Header,
  MOST_HEADER_BYTES,
  parseHeader,
  type TensorEntry,
  tensorFileErrors,
} from './safetensors-header.ts'
import { syncFolder } from './sync-folder.ts'
import { reasonOf } from './system-errors.ts'

/** Creates a typed array over a buffer of the right size. */
const arrayOf: { readonly [D in DType]: (buffer: ArrayBuffer) => HostArray } = {
  f64: (buffer) => new Float64Array(buffer),
  f32: (buffer) => new Float32Array(buffer),
  f16: (buffer) => new Uint16Array(buffer),
  bf16: (buffer) => new Uint16Array(buffer),
  i32: (buffer) => new Int32Array(buffer),
  u32: (buffer) => new Uint32Array(buffer),
  u8: (buffer) => new Uint8Array(buffer),
  i8: (buffer) => new Int8Array(buffer),
  pred: (buffer) => new Uint8Array(buffer),
}

/** A tensor whose elements arrive in pieces, in order: all class centers are more than one array can hold. */
export interface TensorStream {
  readonly dtype: DType
  readonly shape: readonly number[]
  pieces(): AsyncIterable<HostArray>
}

function bytesOf(data: HostArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** The header of a file, and the tensors in file order. */
function layOut<T extends Pick<HostTensor, 'dtype' | 'shape'>>(
  tensors: ReadonlyMap<string, T>,
  metadata: ReadonlyMap<string, string>,
): { readonly header: Uint8Array; readonly sorted: readonly (readonly [string, T, number])[] } {
  const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  const sorted = [...tensors].sort(([a, x], [b, y]) => dtypeBytes[y.dtype] - dtypeBytes[x.dtype] || byName(a, b))
  const entries = new Map<string, TensorEntry>()
  let start = 0
  const sized = sorted.map(([name, tensor]) => {
    const { dtype, shape } = tensor
    const bytes = elementCount(shape) * dtypeBytes[dtype]
    entries.set(name, { formatName: formatNames[dtype], shape, start, end: start + bytes })
    start += bytes
    return [name, tensor, bytes] as const
  })
  const sortedMetadata = new Map([...metadata].sort(([a], [b]) => byName(a, b)))
  return { header: encodeHeader({ tensors: entries, metadata: sortedMetadata }), sorted: sized }
}

function checkLength(name: string, { dtype, shape }: Pick<HostTensor, 'dtype' | 'shape'>, bytes: number, due: number) {
  if (bytes !== due) bug(`tensor ${name}: ${bytes} bytes for ${dtype}[${shape.join(',')}]`)
}

/** What a written file consists of. */
export interface WrittenFile {
  readonly bytes: number
  /** SHA-256, hexadecimal. */
  readonly sha256: string
}

/** Metadata that marks a file as a state dict for PyTorch's readers. */
export const stateDictFormat = ['format', 'pt'] as const

/** Writes a file and flushes it to the disk; an existing one is replaced. Throws ARC6404, which names the file as `shown`. */
export async function writeTensors(
  file: string,
  tensors: ReadonlyMap<string, TensorStream>,
  metadata: ReadonlyMap<string, string> = new Map(),
  shown = file,
): Promise<WrittenFile> {
  const { header, sorted } = layOut(tensors, metadata)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    const handle = await open(file, 'w')
    const write = async (part: Uint8Array) => {
      await handle.writeFile(part)
      hash.update(part)
      bytes += part.byteLength
    }
    try {
      await write(header)
      for (const [name, tensor, due] of sorted) {
        const start = bytes
        for await (const piece of tensor.pieces()) await write(bytesOf(piece))
        checkLength(name, tensor, bytes - start, due)
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (error) {
    throw notWritten(shown, error)
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** The bytes of a file with these tensors. */
export function tensorFileBytes(
  tensors: ReadonlyMap<string, Pick<HostTensor, 'dtype' | 'shape'>>,
  metadata: ReadonlyMap<string, string> = new Map(),
): number {
  const { header, sorted } = layOut(tensors, metadata)
  return header.length + sorted.reduce((sum, [, , bytes]) => sum + bytes, 0)
}

/**
 * Writes a file that is either complete or absent: to a temporary name, flushed to the disk, then renamed. Throws ARC6404.
 */
export async function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, TensorStream>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Promise<WrittenFile> {
  const temporary = `${file}.partial`
  try {
    const written = await writeTensors(temporary, tensors, metadata, file)
    await rename(temporary, file)
    await syncFolder(dirname(file))
    return written
  } catch (error) {
    // The error that is reported is the first one.
    await rm(temporary, { force: true }).catch(() => undefined)
    throw error instanceof ArccError ? error : notWritten(file, error)
  }
}

function notWritten(file: string, error: unknown): unknown {
  if (error instanceof ArccError || error instanceof Bug) return error
  return tensorFileErrors('ARC6404', { file, action: 'written', reason: reasonOf(error) }, error)
}

/** An open file: the header is read and checked, tensors are read on request. */
export interface SafetensorsFile extends Header {
  /** Throws ARC6402 if there is no such tensor, ARC6403 if arcc does not support its element type. */
  read(name: string): Promise<HostTensor>
  /** Rows [first, first + count) of a tensor; of a scalar, `rows(name, 0, 1)` is itself. Throws like `read`. */
  rows(name: string, first: number, count: number): Promise<HostTensor>
  close(): Promise<void>
}

/** The length of the header, from the first bytes of a file of `fileBytes`. Throws ARC6401. */
export function headerLength(bytes: Uint8Array, fileBytes: number, file: string): number {
  const unsound = (reason: string) => tensorFileErrors('ARC6401', { file, reason })
  if (fileBytes < 8) throw unsound(`it has ${fileBytes} bytes`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (length > MOST_HEADER_BYTES) throw unsound(`its header would have ${length} bytes`)
  if (8 + length > fileBytes) throw unsound(`its header has ${length} bytes, the file ${fileBytes}`)
  return length
}

function entryOf(header: Header, name: string, file: string): { readonly entry: TensorEntry; readonly dtype: DType } {
  const entry = header.tensors.get(name)
  if (entry === undefined) throw tensorFileErrors('ARC6402', { file, name })
  const dtype = dtypeOf(entry.formatName)
  if (dtype === undefined) throw tensorFileErrors('ARC6403', { file, name, dtype: entry.formatName })
  return { entry, dtype }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    // A single read transfers at most 2 GiB.
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), position + done)
    if (bytesRead === 0) throw new Error('it became shorter while it was read')
    done += bytesRead
  }
  return bytes
}

/** Opens a file; the caller closes it. Throws ARC6404 if it cannot be read and ARC6401 if it is invalid. */
export async function openSafetensors(file: string): Promise<SafetensorsFile> {
  const unreadable = (error: unknown) =>
    tensorFileErrors('ARC6404', { file, action: 'read', reason: reasonOf(error) }, error)
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw unreadable(error)
  })
  try {
    const readable = <T>(reading: Promise<T>) =>
      reading.catch((error: unknown) => {
        throw unreadable(error)
      })
    const { size } = await readable(handle.stat())
    const length = headerLength(await readable(readAt(handle, 0, Math.min(8, size))), size, file)
    const dataAt = 8 + length
    const json = new TextDecoder().decode(await readable(readAt(handle, 8, length)))
    const header = parseHeader(json, size - dataAt, file)
    const readRange = async (dtype: DType, shape: readonly number[], from: number, to: number) => {
      const bytes = await readable(readAt(handle, dataAt + from, to - from))
      return { dtype, shape, data: arrayOf[dtype](bytes.buffer) }
    }
    return {
      ...header,
      async read(name) {
        const { entry, dtype } = entryOf(header, name, file)
        return readRange(dtype, entry.shape, entry.start, entry.end)
      },
      async rows(name, first, count) {
        const { entry, dtype } = entryOf(header, name, file)
        const [rows = 1, ...rest] = entry.shape
        if (first < 0 || count < 0 || first + count > rows)
          bug(`rows ${first} to ${first + count} of ${rows} of ${name}`)
        const width = elementCount(rest) * dtypeBytes[dtype]
        const shape = entry.shape.length === 0 ? [] : [count, ...rest]
        return readRange(dtype, shape, entry.start + first * width, entry.start + (first + count) * width)
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}
