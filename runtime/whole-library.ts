/**
 * Whether a shared library is complete: a truncated one loads, and crashes the process with SIGBUS at the first missing page. The
 * header of an ELF file tells its length.
 *
 * Legend: offsets of the 64-bit little-endian ELF header and of its program headers, elf(5).
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const headerBytes = 64
const magic = Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1])
/** In the header: the offsets of the two tables (e_phoff, e_shoff), the sizes of their entries, and their numbers. */
const at = {
  programs: 32,
  sections: 40,
  programBytes: 54,
  programCount: 56,
  sectionBytes: 58,
  sectionCount: 60,
} as const
/** In a program header: the segment's offset in the file (p_offset), and its length (p_filesz). */
const segment = { offset: 8, bytes: 32 } as const

export interface LibraryLength {
  /** Actual bytes of the file. */
  readonly has: number
  /** Bytes required by its header. */
  readonly wants: number
}

/** `undefined` for anything but a 64-bit ELF file, which the loader rejects itself. Throws if the file cannot be read. */
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

/** `undefined` if the file ends before them. */
function read(file: number, start: number, length: number): Buffer | undefined {
  const bytes = Buffer.alloc(length)
  return readSync(file, bytes, 0, length, start) === length ? bytes : undefined
}

/** Describes the damage of a truncated library; `undefined` if it is complete. */
export function describeCut(path: string): string | undefined {
  const length = libraryLength(path)
  if (length === undefined || length.has >= length.wants) return undefined
  return `it has ${length.has} of ${length.wants} bytes`
}
