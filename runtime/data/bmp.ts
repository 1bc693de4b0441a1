/**
 * BMP images, which sharp does not read: headers of OS/2 and of Windows up to version 5, 1 to 32 bits per pixel, RLE4 and RLE8,
 * bit fields, rows from the bottom or from the top. Specification: Microsoft's "Bitmap Storage". Transparency is dropped.
 */
import { decodeRunLengths } from './bmp-run-lengths.ts'
import type { Image } from './image.ts'
import { dataErrors } from './messages.ts'
import { sizeFault } from './picture-limits.ts'

/** The fixed fields of the file and of the bitmap header. */
interface Header {
  readonly width: number
  readonly height: number
  readonly topDown: boolean
  readonly bits: number
  readonly compression: number
  /** Where the pixels start. */
  readonly pixels: number
  /** Where the palette starts, and the bytes of one entry. */
  readonly palette: number
  readonly entryBytes: 3 | 4
  readonly colors: number
  /** Red, green and blue of 16 and 32 bits. */
  readonly masks: readonly [number, number, number]
}

const PLAIN = 0
const RLE8 = 1
const RLE4 = 2
const BIT_FIELDS = 3
const ALPHA_BIT_FIELDS = 6

const FILE_HEADER = 14
const CORE_HEADER = 12
const INFO_HEADER = 40

type Fault = (reason: string) => Error

function readHeader(view: DataView, damaged: Fault): Header {
  if (view.byteLength < FILE_HEADER + CORE_HEADER) throw damaged('it ends inside its header')
  const size = view.getUint32(14, true)
  const pixels = view.getUint32(10, true)
  const after = FILE_HEADER + size
  if (after > view.byteLength) throw damaged('it ends inside its header')
  if (size === CORE_HEADER) {
    const bits = view.getUint16(24, true)
    const shape = { width: view.getUint16(18, true), height: view.getUint16(20, true), topDown: false }
    return {
      ...shape,
      ...{
        bits,
        compression: PLAIN,
        pixels,
        palette: after,
        entryBytes: 3,
        colors: 2 ** bits,
        masks: defaultMasks(bits),
      },
    }
  }
  // OS/2 2.x allows any length from 16 on; what is left out is zero.
  if (size < 16 || size > 124) throw damaged(`its header has ${size} bytes`)
  const field = (at: number) => (at + 4 <= after ? view.getUint32(at, true) : 0)
  const height = view.getInt32(22, true)
  const bits = view.getUint16(28, true)
  const compression = field(30)
  const hasMasks = compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS
  // In a 40-byte header the masks follow it; later versions contain them in the same place.
  const maskBytes = size === INFO_HEADER && hasMasks ? (compression === BIT_FIELDS ? 12 : 16) : 0
  if (after + maskBytes > view.byteLength || (hasMasks && 66 > view.byteLength))
    throw damaged('it ends inside its header')
  const declared = field(46)
  return {
    width: view.getInt32(18, true),
    height: Math.abs(height),
    topDown: height < 0,
    bits,
    compression,
    pixels,
    palette: after + maskBytes,
    entryBytes: 4,
    colors: bits <= 8 ? Math.min(declared === 0 ? 2 ** bits : declared, 2 ** bits) : 0,
    masks: hasMasks
      ? [view.getUint32(54, true), view.getUint32(58, true), view.getUint32(62, true)]
      : defaultMasks(bits),
  }
}

function defaultMasks(bits: number): readonly [number, number, number] {
  return bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff]
}

/** u8[256, 3]; colors that the file does not define are black. */
function readPalette(bytes: Uint8Array, { palette, entryBytes, colors, pixels }: Header): Uint8Array {
  const levels = new Uint8Array(256 * 3)
  for (let i = 0; i < colors; i++) {
    const at = palette + i * entryBytes
    if (at + 3 > bytes.length || (pixels > palette && at + 3 > pixels)) break
    levels.set([bytes[at + 2] ?? 0, bytes[at + 1] ?? 0, bytes[at] ?? 0], 3 * i)
  }
  return levels
}

/** Turns the bits under a mask into a level, scaled so that all ones become 255. */
function maskReader(mask: number): (value: number) => number {
  if (mask === 0) return () => 0
  const shift = 31 - Math.clz32(mask & -mask)
  const most = mask >>> shift
  return (value) => Math.floor((((value & mask) >>> shift) * 255) / most + 0.5)
}

/** Writes row after row of the image; `start` is the row's first byte in the file. */
type RowReader = (start: number, out: Uint8Array, at: number) => void

function rowReader(bytes: Uint8Array, header: Header, palette: Uint8Array): RowReader {
  const { width, bits } = header
  if (bits <= 8) {
    const perByte = 8 / bits
    const mask = 2 ** bits - 1
    return (start, out, at) => {
      for (let x = 0; x < width; x++) {
        const packed = bytes[start + Math.floor(x / perByte)] ?? 0
        const color = 3 * ((packed >> (8 - bits - (x % perByte) * bits)) & mask)
        for (let c = 0; c < 3; c++) out[at + 3 * x + c] = palette[color + c] ?? 0
      }
    }
  }
  if (bits === 24) {
    return (start, out, at) => {
      for (let i = 0; i < 3 * width; i += 3) {
        for (let c = 0; c < 3; c++) out[at + i + c] = bytes[start + i + 2 - c] ?? 0
      }
    }
  }
  const levels = header.masks.map(maskReader)
  const pixelBytes = bits / 8
  return (start, out, at) => {
    for (let x = 0; x < width; x++) {
      let value = 0
      for (let k = pixelBytes - 1; k >= 0; k--) value = (value << 8) | (bytes[start + x * pixelBytes + k] ?? 0)
      for (const [c, level] of levels.entries()) out[at + 3 * x + c] = level(value)
    }
  }
}

/** Reads an image; `name` is for errors: ARC6205 if the file is damaged, ARC6233 if it uses a rare compression. */
export function decodeBmp(bytes: Uint8Array, name: string): Image {
  const damaged = (reason: string) => dataErrors('ARC6205', { file: name, reason })
  const header = readHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), damaged)
  const { width, height, bits, compression } = header
  const fault = sizeFault(width, height)
  if (fault !== undefined) throw damaged(fault)
  if (header.pixels < FILE_HEADER || header.pixels > bytes.length) throw damaged('its pixels lie outside the file')
  const palette = readPalette(bytes, header)
  const rowOf = (y: number) => (header.topDown ? y : height - 1 - y)
  const runs = (compression === RLE8 && bits === 8) || (compression === RLE4 && bits === 4)
  if (runs) {
    const colors = decodeRunLengths(bytes.subarray(header.pixels), width, height, bits === 4, damaged)
    const data = new Uint8Array(width * height * 3)
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const color = 3 * (colors[y * width + x] ?? 0)
        data.set(palette.subarray(color, color + 3), (rowOf(y) * width + x) * 3)
      }
    }
    return { width, height, data }
  }
  const masked = (compression === BIT_FIELDS || compression === ALPHA_BIT_FIELDS) && (bits === 16 || bits === 32)
  if (compression !== PLAIN && !masked) {
    const what = `a BMP picture with compression ${compression} at ${bits} bits`
    throw dataErrors('ARC6233', { file: name, what, fix: 'convert it to JPEG or PNG' })
  }
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits)) throw damaged(`it has ${bits} bits per pixel`)
  const stride = Math.ceil((width * bits) / 32) * 4
  // The last row may lack its padding.
  const needed = (height - 1) * stride + Math.ceil((width * bits) / 8)
  const have = bytes.length - header.pixels
  if (have < needed) throw damaged(`it has ${have} of ${needed} bytes`)
  const data = new Uint8Array(width * height * 3)
  const readRow = rowReader(bytes, header, palette)
  for (let y = 0; y < height; y++) readRow(header.pixels + y * stride, data, rowOf(y) * width * 3)
  return { width, height, data }
}
