/**
 * Headers of tar archives: POSIX ustar and pax (IEEE Std 1003.1-2017, "pax"), GNU tar's long names and base-256 numbers, and the
 * older v7 format. A header is a block of 512 bytes.
 */

export const BLOCK = 512

export interface TarHeader {
  /** The name, complete with its prefix; long names come before in members of their own. */
  readonly name: string
  /** Bytes of the data, which follow the header and are padded to whole blocks. */
  readonly size: number
  /** `0` for files, `x`, `g`, `L`, `K` for headers that describe the next member, `5` for folders … */
  readonly type: string
}

const [NAME, SIZE, CHECKSUM, TYPE, MAGIC, PREFIX] = [0, 124, 148, 156, 257, 345] as const

/** The header in a block, `zeros` if the block marks the end of an archive, or what is wrong with it. */
export function parseTarHeader(block: Uint8Array): TarHeader | 'zeros' | { readonly wrong: string } {
  if (block.every((byte) => byte === 0)) return 'zeros'
  const sum = readOctal(block, CHECKSUM, 8)
  if (sum === undefined || !hasChecksum(block, sum)) return { wrong: 'no header of a tar archive is here' }
  const size = readNumber(block, SIZE, 12)
  if (size === undefined) return { wrong: 'the size of a member is no number' }
  const type = String.fromCharCode(block[TYPE] || 0x30)
  const posix = text(block, MAGIC, 6) === 'ustar' && block[MAGIC + 5] === 0
  const prefix = posix ? text(block, PREFIX, 155) : ''
  const name = text(block, NAME, 100)
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, type }
}

/** The sum of all bytes with the checksum itself as spaces; some old programs summed signed bytes. */
function hasChecksum(block: Uint8Array, expected: number): boolean {
  let [unsigned, high] = [8 * 0x20, 0]
  for (let i = 0; i < BLOCK; i++) {
    const byte = block[i] ?? 0
    unsigned += byte
    if (byte >= 128) high++
  }
  for (let i = CHECKSUM; i < CHECKSUM + 8; i++) {
    const byte = block[i] ?? 0
    unsigned -= byte
    if (byte >= 128) high--
  }
  return unsigned === expected || unsigned - 256 * high === expected
}

/** Text up to the first zero byte. */
function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8')
}

function readOctal(block: Uint8Array, at: number, length: number): number | undefined {
  const digits = text(block, at, length).trim()
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

/** A number in octal digits, or, if the first bit is set, in base 256, big endian. */
function readNumber(block: Uint8Array, at: number, length: number): number | undefined {
  const first = block[at] ?? 0
  if ((first & 0x80) === 0) return text(block, at, length).trim() === '' ? 0 : readOctal(block, at, length)
  if ((first & 0x40) !== 0) return undefined
  let value = first & 0x3f
  for (let i = at + 1; i < at + length; i++) value = value * 256 + (block[i] ?? 0)
  return Number.isSafeInteger(value) ? value : undefined
}

/** The records `length key=value` of a pax header; `undefined` if they are malformed. */
export function parsePax(data: Uint8Array): ReadonlyMap<string, string> | undefined {
  const records = new Map<string, string>()
  for (let at = 0; at < data.length && data[at] !== 0; ) {
    const space = data.indexOf(0x20, at)
    if (space < 0) return undefined
    const digits = Buffer.from(data.subarray(at, Math.min(space, at + 12))).toString('latin1')
    const length = /^[0-9]+$/.test(digits) ? Number(digits) : 0
    // At least `key=` and a line end follow the space.
    if (length < space - at + 3 || at + length > data.length) return undefined
    const record = Buffer.from(data.subarray(space + 1, at + length - 1)).toString('utf8')
    const equals = record.indexOf('=')
    if (equals < 0) return undefined
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}
