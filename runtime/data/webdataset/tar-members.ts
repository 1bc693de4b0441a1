/** Goes through the members of a tar archive by their headers; data is read only on request. */
import { closeSync, readSync } from 'node:fs'
import { dataErrors, reasonOf } from '../messages.ts'
import { openRegular } from '../open-regular.ts'
import { BLOCK, parsePax, parseTarHeader } from './tar-header.ts'

export interface TarMember {
  readonly name: string
  /** Byte offset of the data in the archive, and their number. */
  readonly offset: number
  readonly size: number
  /** `file`, or what else the member is, for people. */
  readonly kind: 'file' | 'folder' | 'link' | 'sparse file' | 'special file'
}

export interface TarArchive {
  /** The next member; `undefined` at the end of the archive. Throws a `TarFault` if the archive is damaged. */
  next(): TarMember | undefined
  /** The data of a member; a view that is valid until the next call. */
  data(member: TarMember): Uint8Array
  close(): void
}

/** What is wrong with an archive, and where. It is reported together with the faults of the other archives. */
export class TarFault extends Error {}

/** Headers read ahead: small pictures and their labels often need no further read. */
const AHEAD = 2 ** 14
/** Names and pax records are short; more is a damaged file. */
const MOST_DESCRIPTION = 2 ** 20

const kinds: Readonly<Record<string, TarMember['kind']>> = {
  '0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'link',
  '3': 'special file',
  '4': 'special file',
  '5': 'folder',
  '6': 'special file',
  S: 'sparse file',
}

/** Types of members that describe the next one: pax headers, global ones, and GNU's long names and long link names. */
const descriptions: readonly string[] = ['x', 'g', 'L', 'K']

/** Programs that compress archives, with the first bytes of their files and what unpacks them. */
const packers = [
  { start: [0x1f, 0x8b], unpack: 'gunzip' },
  { start: [0x28, 0xb5, 0x2f, 0xfd], unpack: 'unzstd' },
  { start: [0x42, 0x5a, 0x68], unpack: 'bunzip2' },
  { start: [0xfd, 0x37, 0x7a, 0x58, 0x5a], unpack: 'unxz' },
] as const

/** What is wrong with a file that is no archive but a compressed one; its pictures cannot be read in any order. */
function packedAs(bytes: Uint8Array): string | undefined {
  const packer = packers.find(({ start }) => start.every((byte, i) => bytes[i] === byte))
  return packer && `it is compressed: unpack it with ${packer.unpack}`
}

/** Throws ARC6206 if the file cannot be opened or read. */
export function openTar(path: string): TarArchive {
  const { handle, size } = openRegular(path)
  let window = new Uint8Array(AHEAD)
  let [windowAt, windowSize] = [0, 0]

  /** A view of bytes of the archive; the caller has checked that it has them. */
  const bytesAt = (at: number, length: number): Uint8Array => {
    if (at < windowAt || at + length > windowAt + windowSize) {
      if (length > window.length) window = new Uint8Array(length)
      windowAt = at
      windowSize = 0
      try {
        for (let got = -1; got !== 0 && windowSize < length; windowSize += got) {
          got = readSync(handle, window, windowSize, window.length - windowSize, at + windowSize)
        }
      } catch (error) {
        throw dataErrors('ARC6206', { file: path, reason: reasonOf(error) }, error)
      }
      if (windowSize < length) throw new TarFault(`it became shorter while it was read (byte ${at + windowSize})`)
    }
    return window.subarray(at - windowAt, at - windowAt + length)
  }

  let at = 0
  const describing = (name: string, offset: number, length: number): Uint8Array => {
    if (length > MOST_DESCRIPTION) throw new TarFault(`a description of ${length} bytes (${name}) at byte ${offset}`)
    return bytesAt(offset, length)
  }
  return {
    next() {
      let name: string | undefined
      let pax: ReadonlyMap<string, string> | undefined
      for (;;) {
        if (at === size && name === undefined && pax === undefined) return undefined
        if (at + BLOCK > size) throw new TarFault(`it ends at byte ${size}, within a header`)
        const header = parseTarHeader(bytesAt(at, BLOCK))
        if (header === 'zeros') {
          // Usually the end; but archives may have been concatenated.
          at += BLOCK
          if (size - at < BLOCK) at = size
          continue
        }
        if ('wrong' in header)
          throw new TarFault((at === 0 ? packedAs(bytesAt(0, BLOCK)) : undefined) ?? `${header.wrong} (byte ${at})`)
        const offset = at + BLOCK
        const description = descriptions.includes(header.type)
        const kind = kinds[header.type] ?? 'special file'
        // Links and folders have no data, whatever their size says; a pax header may replace the size of the member it describes.
        const data = description
          ? header.size
          : kind === 'file' || kind === 'sparse file'
            ? (paxSize(pax) ?? header.size)
            : 0
        if (offset + data > size) {
          const end = `${name ?? header.name} ends at byte ${offset + data}, the file at ${size}`
          throw new TarFault(`it is cut short: ${end}`)
        }
        at = Math.min(size, offset + Math.ceil(data / BLOCK) * BLOCK)
        if (!description) {
          const sparse = pax !== undefined && [...pax.keys()].some((key) => key.startsWith('GNU.sparse'))
          const path = pax?.get('path') ?? name ?? header.name
          return { name: path, offset, size: data, kind: sparse ? 'sparse file' : kind }
        }
        if (header.type === 'L') name = trimZeros(describing('a long name', offset, data))
        if (header.type === 'x') {
          pax = parsePax(describing('a pax header', offset, data))
          if (pax === undefined) throw new TarFault(`a pax header is malformed (byte ${offset})`)
        }
      }
    },
    data: ({ offset, size: length }) => bytesAt(offset, length),
    close: () => closeSync(handle),
  }
}

function paxSize(pax: ReadonlyMap<string, string> | undefined): number | undefined {
  const text = pax?.get('size')
  if (text === undefined) return undefined
  const size = /^\d+$/.test(text) ? Number(text) : -1
  if (!Number.isSafeInteger(size) || size < 0)
    throw new TarFault(`a pax header has the size ${JSON.stringify(text.slice(0, 40))}`)
  return size
}

function trimZeros(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8')
}
