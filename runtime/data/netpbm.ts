/** PGM and PPM images (P2, P3, P5, P6 of the netpbm formats), 8 or 16 bits, which sharp does not read. */
import { grayToRgb, type Image } from './image.ts'
import { dataErrors } from './messages.ts'

const NEWLINE = 10
const HASH = 35

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

/** True for "P2", "P3", "P5" and "P6" followed by white space or a comment. */
export function isNetpbm(bytes: Uint8Array): boolean {
  const kind = bytes[1] ?? 0
  const after = bytes[2] ?? 0
  return bytes[0] === 0x50 && [0x32, 0x33, 0x35, 0x36].includes(kind) && (isSpace(after) || after === HASH)
}

/** Reads an image; `name` is for errors: ARC6205 if the file is damaged. */
export function decodeNetpbm(bytes: Uint8Array, name: string): Image {
  const damaged = (reason: string) => dataErrors('ARC6205', { file: name, reason })
  let at = 2
  const number = (what: string): number => {
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte === HASH) while (at < bytes.length && bytes[at] !== NEWLINE) at++
      else if (!isSpace(byte)) break
    }
    const start = at
    let value = 0
    for (; at < bytes.length; at++) {
      const digit = (bytes[at] ?? 0) - 48
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
      if (value > 0xffffff) throw damaged(`its ${what} is too large`)
    }
    if (at === start) throw damaged(at >= bytes.length ? `it ends before its ${what}` : `its ${what} is not a number`)
    return value
  }

  const kind = bytes[1]
  const channels = kind === 0x33 || kind === 0x36 ? 3 : 1
  const plain = kind === 0x32 || kind === 0x33
  const width = number('width')
  const height = number('height')
  const highest = number('highest value')
  if (width < 1 || height < 1 || width * height > 2 ** 28) throw damaged(`its size is ${width}x${height}`)
  if (highest < 1 || highest > 65535) throw damaged(`its highest value is ${highest}, not 1 to 65535`)
  const count = width * height * channels
  const levels = new Uint8Array(count)
  const wide = highest > 255 ? 2 : 1
  if (plain && bytes.length - at < count) throw damaged(`${bytes.length - at} bytes for ${count} values`)
  if (!plain) {
    at += 1
    const have = bytes.length - at
    if (have < count * wide) throw damaged(`it has ${Math.max(0, have)} of ${count * wide} bytes`)
  }
  for (let i = 0; i < count; i++) {
    let value: number
    if (plain) value = number(`value ${i + 1} of ${count}`)
    else if (wide === 1) value = bytes[at++] ?? 0
    else {
      value = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
      at += 2
    }
    if (value > highest) throw damaged(`value ${i + 1} is ${value}, above the highest value ${highest}`)
    levels[i] = highest === 255 ? value : Math.floor((value * 255) / highest + 0.5)
  }
  return channels === 3 ? { width, height, data: levels } : grayToRgb(levels, width, height)
}
