/**
 * The two containers of `torch.save`: a zip archive of a pickle and of one member per storage (since PyTorch 1.6), and before that
 * pickles one after the other, followed by the storages (torch/serialization.py: `_save`, `_legacy_save`).
 */
import { crc32 } from 'node:zlib'
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from 'yauzl'
import { Dictionary, type PickleValue, shortText } from '../pickle/pickle-values.ts'
import type { ByteFile } from './byte-file.ts'
import { elementBytes } from './element-types.ts'
import { startErrors } from './messages.ts'
import type { Storage } from './strided.ts'
import { MOST_PICKLE_BYTES, readTorchPickle, type TorchStorage } from './torch-pickle.ts'

/** The bytes of a storage. */
export interface StorageBytes extends Storage {
  readonly bytes: number
}

export interface TorchArchive {
  readonly kind: 'zip' | 'legacy'
  /** What was saved. */
  readonly value: PickleValue
  /** The storage with this key; `undefined` if the file has none. */
  storage(key: string): StorageBytes | undefined
  close(): void
}

const damaged = (file: string, reason: string, cause?: unknown) => startErrors('ARC6761', { file, reason }, cause)

/** Reads an archive for yauzl, which does not check that the places it computes from the file lie in it. */
class FileReader extends RandomAccessReader {
  readonly #file: ByteFile
  constructor(file: ByteFile) {
    super()
    this.#file = file
  }
  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#file.read(position, length).then(
      (bytes) => {
        buffer.set(bytes, offset)
        callback(null)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    )
  }
}

/** More than any file of tensors has members. */
const MOST_MEMBERS = 200_000

/** Opens a zip archive of `torch.save`. Throws ARC6761 and ARC6762. */
export async function openTorchZip(file: ByteFile): Promise<TorchArchive> {
  const { path } = file
  const unsound = (error: unknown) => damaged(path, 'the directory at its end is damaged or missing', error)
  const reader = new FileReader(file)
  const options = { autoClose: false, lazyEntries: true }
  const zip = await fromRandomAccessReaderPromise(reader, file.size, options).catch((error: unknown) => {
    throw unsound(error)
  })
  try {
    if (zip.entryCount > MOST_MEMBERS) throw damaged(path, `it has ${zip.entryCount} members`)
    const members = await membersOf(zip).catch((error: unknown) => {
      throw unsound(error)
    })
    const pickleName = [...members.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name))
    const pickle = members.get(pickleName ?? '')
    if (pickleName === undefined || pickle === undefined) throw damaged(path, 'the archive has no data.pkl')
    const root = pickleName.slice(0, -'data.pkl'.length)
    const whole = async (entry: Entry) => {
      if (entry.uncompressedSize > MOST_PICKLE_BYTES)
        throw damaged(path, `${entry.fileName} has ${entry.uncompressedSize} bytes`)
      return memberBytes(file, zip, entry).read(0, entry.uncompressedSize)
    }
    const order = members.get(`${root}byteorder`)
    if (order !== undefined && Buffer.from(await whole(order)).toString('latin1') !== 'little')
      throw damaged(path, 'its numbers are big-endian')
    const { value } = readTorchPickle(await whole(pickle), path)
    const opened = new Map<string, StorageBytes>()
    return {
      kind: 'zip',
      value,
      storage(key) {
        const entry = members.get(`${root}data/${key}`)
        if (entry === undefined) return undefined
        const known = opened.get(key) ?? memberBytes(file, zip, entry)
        opened.set(key, known)
        return known
      },
      close: () => zip.close(),
    }
  } catch (error) {
    zip.close()
    throw error
  }
}

async function membersOf(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const members = new Map<string, Entry>()
  for await (const entry of zip.eachEntry()) members.set(entry.fileName, entry)
  return members
}

/** A member, which is stored as it is; its checksum is verified before its first bytes are used. */
function memberBytes(file: ByteFile, zip: ZipFile, entry: Entry): StorageBytes {
  const { fileName, compressionMethod, uncompressedSize: bytes } = entry
  const wrong = (reason: string, cause?: unknown) => damaged(file.path, `its member ${fileName} ${reason}`, cause)
  let verified: Promise<number> | undefined
  const locate = async () => {
    if (entry.isEncrypted()) throw wrong('is encrypted')
    if (compressionMethod !== 0 || entry.compressedSize !== bytes)
      throw wrong('is compressed: torch.save stores members')
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true }).catch((error: unknown) => {
      throw wrong('has no sound header', error)
    })
    // PyTorch writes 0 if it is told to compute no checksums.
    if (entry.crc32 === 0) return fileDataStart
    let sum = 0
    for await (const piece of file.pieces(fileDataStart, bytes)) sum = crc32(piece, sum)
    if (sum !== entry.crc32) throw wrong('does not have the checksum that the archive says')
    return fileDataStart
  }
  return {
    bytes,
    async read(at, length) {
      verified ??= locate()
      return file.read((await verified) + at, length)
    },
  }
}

/** The first pickle of the old format: a number of ten bytes, in one frame from protocol 4 on. */
const legacyMark = Buffer.of(0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e)

/** Whether these first bytes of a file are those of the old format. */
export function isLegacyTorch(head: Uint8Array): boolean {
  return head[0] === 0x80 && Buffer.from(head.subarray(0, 32)).includes(legacyMark)
}

/** Opens a file of the old format. Throws ARC6761 and ARC6762. */
export async function openTorchLegacy(file: ByteFile): Promise<TorchArchive> {
  const { path, size } = file
  const head = await file.read(0, Math.min(size, MOST_PICKLE_BYTES))
  let end = 0
  const next = () => {
    const pickle = readTorchPickle(head, path, end)
    end = pickle.end
    return pickle
  }
  next()
  const protocol = next().value
  if (protocol !== 1001) throw damaged(path, `its protocol is ${String(protocol).slice(0, 20)}, not 1001`)
  const system = next().value
  if (system instanceof Dictionary && system.entries.get('little_endian') === false)
    throw damaged(path, 'its numbers are big-endian')
  const { value, storages } = next()
  const places = await placesOf(file, next().value, storages, () => end)
  return {
    kind: 'legacy',
    value,
    storage(key) {
      const place = places.get(key)
      return place && { bytes: place.bytes, read: (at, length) => file.read(place.at + at, length) }
    },
    close() {},
  }
}

/** Where the storages lie: each is preceded by its number of elements, in the order of the list of keys. */
async function placesOf(
  file: ByteFile,
  keys: PickleValue,
  storages: ReadonlyMap<string, TorchStorage>,
  start: () => number,
): Promise<ReadonlyMap<string, { readonly at: number; readonly bytes: number }>> {
  const { path, size } = file
  if (!Array.isArray(keys)) throw damaged(path, 'the list of its storages is missing')
  const places = new Map<string, { readonly at: number; readonly bytes: number }>()
  let at = start()
  for (const item of keys) {
    const key = typeof item === 'number' ? String(item) : shortText(item)
    const storage = storages.get(key ?? '')
    if (key === undefined || storage === undefined) throw damaged(path, 'it has a storage that no tensor names')
    if (at + 8 > size) throw damaged(path, `the storage ${key} is missing at its end`)
    const count = new DataView((await file.read(at, 8)).buffer).getBigInt64(0, true)
    const bytes = Number(count) * (storage.type === undefined ? 1 : elementBytes[storage.type])
    if (count < 0n || at + 8 + bytes > size) throw damaged(path, `the storage ${key} goes on after the end of the file`)
    places.set(key, { at: at + 8, bytes })
    at += 8 + bytes
  }
  return places
}
