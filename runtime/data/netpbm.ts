/** PBM, PGM and PPM images (P1 to P6 of the netpbm formats), 1, 8 or 16 bits, which sharp does not read. */
import { grayToRgb, type Image } from './image.ts'
import { dataErrors } from './messages.ts'
import { sizeFault } from './picture-limits.ts'

const NEWLINE = 10
const HASH = 35

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13)
}

/** Reads an image; `name` is for errors: ARC6205 if the file is damaged. */
export function decodeNetpbm(bytes: Uint8Array, name: string): Image {
  const damaged = (reason: string) => dataErrors('ARC6205', { file: name, reason })
  let at = 2
  const skipSpace = () => {
    for (; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (byte === HASH) while (at < bytes.length && bytes[at] !== NEWLINE) at++
      else if (!isSpace(byte)) break
    }
  }
  const number = (what: string): number => {
    skipSpace()
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

  /** Ones are black. As text the digits need no space between them; as bits every row begins with a new byte. */
  const readBilevel = (text: boolean): Uint8Array => {
    const count = width * height
    const stride = Math.ceil(width / 8)
    if (!text) {
      at += 1
      const have = Math.max(0, bytes.length - at)
      if (have < stride * height) throw damaged(`it has ${have} of ${stride * height} bytes`)
    } else if (bytes.length - at < count) throw damaged(`${bytes.length - at} bytes for ${count} values`)
    const levels = new Uint8Array(count)
    for (let i = 0; i < count; i++) {
      const x = i % width
      const row = (i - x) / width
      const ink = text ? digit(i) : ((bytes[at + row * stride + (x >> 3)] ?? 0) >> (7 - (x & 7))) & 1
      levels[i] = ink === 1 ? 0 : 255
    }
    return levels
  }
  const digit = (i: number): number => {
    skipSpace()
    const value = (bytes[at++] ?? 0) - 48
    if (value !== 0 && value !== 1) throw damaged(`value ${i + 1} is not 0 or 1`)
    return value
  }

  const kind = bytes[1]
  const bilevel = kind === 0x31 || kind === 0x34
  const channels = kind === 0x33 || kind === 0x36 ? 3 : 1
  const plain = kind === 0x32 || kind === 0x33
  const width = number('width')
  const height = number('height')
  const fault = sizeFault(width, height)
  if (fault !== undefined) throw damaged(fault)
  if (bilevel) return grayToRgb(readBilevel(kind === 0x31), width, height)
  const highest = number('highest value')
  if (highest < 1 || highest > 65535) throw damaged(`its highest value is ${highest}, not 1 to 65535`)
  const count = width * height * channels
  const wide = highest > 255 ? 2 : 1
  if (plain && bytes.length - at < count) throw damaged(`${bytes.length - at} bytes for ${count} values`)
  if (!plain) {
    at += 1
    const have = bytes.length - at
    if (have < count * wide) throw damaged(`it has ${Math.max(0, have)} of ${count * wide} bytes`)
  }
  const levels = new Uint8Array(count)
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
