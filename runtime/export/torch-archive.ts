/**
 * Writes the zip archives of `torch.save` (torch/serialization.py, `_save`; APPNOTE.TXT of PKWARE): members are stored without
 * compression at multiples of 64 bytes, as PyTorch stores them, so that `torch.load(…, mmap=True)` can map them.
 */
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

export interface Member {
  /** ASCII. */
  readonly name: string
  readonly bytes: number
  pieces(): AsyncIterable<Uint8Array>
}

/** A member that is in the archive. */
interface Placed {
  readonly name: Buffer
  readonly bytes: number
  readonly crc: number
  readonly at: number
}

/** A member whose bytes are known. */
export const fixedMember = (name: string, bytes: Uint8Array): Member => ({
  name,
  bytes: bytes.length,
  async *pieces() {
    yield bytes
  },
})

/** Bytes before the name in a local header, and in an entry of the directory; bytes of the directory's end. */
const [localBytes, entryBytes, endBytes] = [30, 46, 22]
/** The first day that a zip archive can name, so that files of equal weights are equal. */
const date = 0x21
const alignment = 64

/** What an archive can have without the extensions of the format for large files. */
const mostBytes = 2 ** 32 - 1
const mostMembers = 2 ** 16 - 1

/** Whether an archive of these members is possible. */
export function fitsArchive(members: readonly Member[]): boolean {
  const overhead = localBytes + entryBytes + 2 * alignment
  const bytes = members.reduce((sum, member) => sum + member.bytes + overhead + 2 * member.name.length, endBytes)
  return bytes <= mostBytes && members.length <= mostMembers
}

/** A local header whose member begins at a multiple of `alignment`: like PyTorch's, it has a field `FB` that fills the gap. */
function localHeader(name: Buffer, bytes: number, crc: number, at: number): Buffer {
  const least = localBytes + name.length + 4
  const padding = (alignment - ((at + least) % alignment)) % alignment
  const header = Buffer.alloc(least + padding, 'Z')
  header.fill(0, 0, localBytes)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(date, 12)
  header.writeUInt32LE(crc, 14)
  header.writeUInt32LE(bytes, 18)
  header.writeUInt32LE(bytes, 22)
  header.writeUInt16LE(name.length, 26)
  header.writeUInt16LE(4 + padding, 28)
  name.copy(header, localBytes)
  header.write('FB', localBytes + name.length, 'latin1')
  header.writeUInt16LE(padding, localBytes + name.length + 2)
  return header
}

function directoryEntry({ name, bytes, crc, at }: Placed): Buffer {
  const entry = Buffer.alloc(entryBytes + name.length)
  entry.writeUInt32LE(0x02014b50, 0)
  entry.writeUInt16LE(date, 14)
  entry.writeUInt32LE(crc, 16)
  entry.writeUInt32LE(bytes, 20)
  entry.writeUInt32LE(bytes, 24)
  entry.writeUInt16LE(name.length, 28)
  entry.writeUInt32LE(at, 42)
  name.copy(entry, entryBytes)
  return entry
}

function directoryEnd(members: number, bytes: number, at: number): Buffer {
  const end = Buffer.alloc(endBytes)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members, 8)
  end.writeUInt16LE(members, 10)
  end.writeUInt32LE(bytes, 12)
  end.writeUInt32LE(at, 16)
  return end
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
  }
}

/**
 * Writes an archive into an empty file and returns its size. The checksum of a member is known after its bytes, so that its header is
 * written after them. Throws the system's errors.
 */
export async function writeArchive(file: FileHandle, members: readonly Member[]): Promise<number> {
  const placed: Placed[] = []
  let at = 0
  for (const member of members) {
    const name = Buffer.from(member.name, 'latin1')
    let crc = 0
    let end = at + localHeader(name, 0, 0, at).length
    for await (const piece of member.pieces()) {
      await writeAt(file, piece, end)
      crc = crc32(piece, crc)
      end += piece.length
    }
    await writeAt(file, localHeader(name, member.bytes, crc, at), at)
    placed.push({ name, bytes: member.bytes, crc, at })
    at = end
  }
  const directory = Buffer.concat(placed.map(directoryEntry))
  await writeAt(file, directory, at)
  await writeAt(file, directoryEnd(placed.length, directory.length, at), at + directory.length)
  return at + directory.length + endBytes
}
