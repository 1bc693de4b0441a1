/**
 * Whether a shared library is all there: one that was cut off loads, and ends the process with SIGBUS at the first page that is
 * missing. An ELF file says at its start how far it reaches.
 *
 * Legend: offsets of the 64-bit little-endian ELF header and of its program headers, elf(5).
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const headerBytes = 64
const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1])
/** In the header: where the two tables are (e_phoff, e_shoff), the sizes of their entries, and how many there are. */
const at = {
  programs: 32,
  sections: 40,
  programBytes: 54,
  programCount: 56,
  sectionBytes: 58,
  sectionCount: 60,
} as const
/** In a program header: where the segment is in the file (p_offset), and how long (p_filesz). */
const segment = { offset: 8, bytes: 32 } as const

export interface LibraryLength {
  /** Bytes that the file has. */
  readonly has: number
  /** Bytes that it must have by its own header. */
  readonly wants: number
}

/** `undefined` for what is no 64-bit ELF file, which the loader refuses by itself. Throws where the file cannot be read. */
export function libraryLength(path: string): LibraryLength | undefined {
  const file = openSync(path, 'r')
  try {
    const has = fstatSync(file).size
    const header = read(file, 0, headerBytes)
    if (header === undefined || !header.subarray(0, magic.length).equals(magic)) return undefined
    const word = (offset: number) => Number(header.readBigUInt64LE(offset))
    const half = (offset: number) => header.readUInt16LE(offset)
    const programs = { start: word(at.programs), bytes: half(at.programBytes) * half(at.programCount) }
    const ends = [
      headerBytes,
      programs.start + programs.bytes,
      word(at.sections) + half(at.sectionBytes) * half(at.sectionCount),
    ]
    const table = read(file, programs.start, programs.bytes)
    for (let i = 0; table !== undefined && i < half(at.programCount); i++) {
      const entry = table.subarray(i * half(at.programBytes))
      ends.push(Number(entry.readBigUInt64LE(segment.offset)) + Number(entry.readBigUInt64LE(segment.bytes)))
    }
    return { has, wants: Math.max(...ends) }
  } finally {
    closeSync(file)
  }
}

/** `undefined` where the file ends before them. */
function read(file: number, start: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length)
  return readSync(file, bytes, 0, length, start) === length ? bytes : undefined
}

/** Says what is wrong with a library that was cut off; `undefined` where nothing is. */
export function describeCut(path: string): string | undefined {
  const length = libraryLength(path)
  if (length === undefined || length.has >= length.wants) return undefined
  return `it has ${length.has} of ${length.wants} bytes`
}
