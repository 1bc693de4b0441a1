/**
 * arcc's own decoder of sequential JPEGs, in WebAssembly: nearly the speed of libturbojpeg, on every computer. Threads share nothing,
 * while those of sharp take turns at the locks of GLib. It gives up at whatever is not in order, and at coefficients beyond those of
 * pictures, for which decoders of the libjpeg family differ.
 */
import type { Image } from '../image.ts'
import { KernelMemoryFull } from '../kernel-memory.ts'
import { type JpegDecoder, tested, UnusableDecoder } from './decoder.ts'
import { type Component, readSequential, type SequentialJpeg } from './headers.ts'
import { writeHuffman } from './huffman.ts'
import { createJpegMemory, type JpegMemory } from './memory.ts'
import { type JpegSize, marker } from './plain.ts'

/** Larger pictures are left to sharp: the memory grows to about 42 MB for these, in every thread, and never shrinks. */
const mostPixels = 2 ** 22
const mostBytes = 2 ** 24
/** The largest dequantized coefficient: four times that of pictures. */
const mostReach = 4095
/** In narrower pictures, libjpeg repeats halved chrominance instead of blending it. */
const leastHalved = 5
/** Zeros behind entropy-coded data, which are read ahead. */
const readAhead = 16
/** More bytes than an MCU of wrong data takes: six blocks of 64 codes with 31 bits. */
const mostBeyond = 2048

/** Entropy-coded data without stuffed bytes: where they start, and where each restart interval ends. */
interface Entropy {
  readonly at: number
  readonly ends: readonly number[]
}

/**
 * Copies the entropy-coded data; `undefined` unless they end with an end marker, and restart markers in order divide them into this many
 * intervals.
 */
function copyEntropy(file: Uint8Array, from: number, intervals: number, memory: JpegMemory): Entropy | undefined {
  const address = memory.reserve(file.length - from + readAhead * intervals + mostBeyond)
  const { bytes } = memory
  const ends: number[] = []
  let to = address
  for (let at = from; ; ) {
    const found = file.indexOf(0xff, at)
    const next = file[found + 1]
    if (found < 0 || next === undefined) return undefined
    const end = next === 0 ? found + 1 : found
    bytes.set(file.subarray(at, end), to)
    to += end - at
    at = found + 2
    if (next === 0) continue
    ends.push(to)
    bytes.fill(0, to, to + readAhead)
    if (ends.length === intervals) return next === marker.EOI ? { at: address, ends } : undefined
    if (next !== marker.RST0 + ((ends.length - 1) & 7)) return undefined
    to += readAhead
  }
}

/** One component of a picture in memory: u8[rows, stride], whole MCUs. */
interface Plane {
  readonly component: Component
  readonly at: number
  readonly stride: number
}

interface Layout {
  readonly planes: readonly Plane[]
  /** MCUs in a row, and rows of them. */
  readonly across: number
  readonly down: number
  /** MCUs of a restart interval. */
  readonly perInterval: number
}

function createPlanes({ components, width, height, restart }: SequentialJpeg, memory: JpegMemory): Layout {
  const most = (factor: 'across' | 'down') => Math.max(...components.map((component) => component[factor]))
  const across = Math.ceil(width / (8 * most('across')))
  const down = Math.ceil(height / (8 * most('down')))
  const planes = components.map((component): Plane => {
    const stride = 8 * across * component.across
    return { component, stride, at: memory.reserve(stride * 8 * down * component.down) }
  })
  return { planes, across, down, perInterval: restart === 0 ? across * down : restart }
}

/** Writes the tables of all components; `false` if one is wrong. */
function writeTables(file: Uint8Array, { components }: SequentialJpeg, memory: JpegMemory): boolean {
  const { bytes, words } = memory
  return components.every(({ quant, dc, ac }, i) => {
    const [quantAt = 0, dcAt = 0, acAt = 0] = [memory.quant[i], memory.dc[i], memory.ac[i]]
    for (let k = 0; k < 64; k++) words[quantAt / 4 + k] = file[quant + k] ?? 0
    return (
      !words.subarray(quantAt / 4, quantAt / 4 + 64).includes(0) &&
      writeHuffman(file, dc, true, bytes, dcAt) &&
      writeHuffman(file, ac, false, bytes, acAt)
    )
  })
}

/** Decodes all blocks; `false` if the data are wrong, or too few or too many. */
function decodeBlocks(entropy: Entropy, layout: Layout, memory: JpegMemory): boolean {
  const { planes, across, down, perInterval } = layout
  const { kernels, words, block, quant, dc, ac, previous } = memory
  let start = entropy.at
  for (const [interval, end] of entropy.ends.entries()) {
    kernels.startBits(start)
    for (const at of previous) words[at / 4] = 0
    const last = Math.min(across * down, (interval + 1) * perInterval)
    for (let mcu = interval * perInterval; mcu < last; mcu++) {
      const x = mcu % across
      const y = (mcu - x) / across
      for (let i = 0; i < planes.length; i++) {
        const plane = planes[i]
        if (plane === undefined) continue
        const { component, stride, at } = plane
        const [dcAt = 0, acAt = 0, quantAt = 0, previousAt = 0] = [dc[i], ac[i], quant[i], previous[i]]
        for (let v = 0; v < component.down; v++)
          for (let h = 0; h < component.across; h++) {
            const out = at + 8 * ((y * component.down + v) * stride + x * component.across + h)
            if (kernels.decodeBlock(block, dcAt, acAt, quantAt, previousAt, out, stride) === 0) return false
          }
      }
      if (kernels.bitsRead(start) > 8 * (end - start)) return false
    }
    // The last byte is filled up with ones.
    const left = 8 * (end - start) - kernels.bitsRead(start)
    if (left < 0 || left > 7) return false
    start = end + readAhead
  }
  return kernels.takeReach() <= mostReach
}

/** Writes the pixels, u8[height, width, 3], and returns their address. */
function writePixels({ width, height }: SequentialJpeg, { planes }: Layout, memory: JpegMemory): number {
  const out = memory.reserve(3 * width * height)
  const line = memory.reserve(2 * width + 32) + 16
  const scratch = [memory.reserve(2 * width), memory.reserve(2 * width)]
  const { kernels, bytes } = memory
  const [luma, ...chroma] = planes
  if (luma === undefined) return out
  if (chroma.length === 0) bytes.fill(128, scratch[0], (scratch[0] ?? 0) + width)
  const halved = luma.component.across === 2
  const down = luma.component.down
  const last = Math.ceil(height / down) - 1
  for (let y = 0; y < height; y++) {
    const rows = chroma.map(({ at, stride }, i) => {
      if (!halved) return at + y * stride
      const into = scratch[i] ?? 0
      const near = down === 2 ? y >> 1 : y
      const far = down === 2 ? Math.min(last, Math.max(0, near + ((y & 1) === 0 ? -1 : 1))) : y
      const samples = (width + 1) >> 1
      const [nearAt, farAt] = [at + near * stride, at + far * stride]
      if (down === 2) kernels.upsample(nearAt, farAt, 3, 1, 8, 7, 4, line, samples, into)
      else kernels.upsample(nearAt, farAt, 1, 0, 1, 2, 2, line, samples, into)
      return into
    })
    const [cb = scratch[0] ?? 0, cr = scratch[0] ?? 0] = rows
    kernels.toRgb(luma.at + y * luma.stride, cb, cr, width, out + 3 * y * width)
  }
  return out
}

function decodeWith(
  memory: JpegMemory,
  file: Uint8Array,
  size: JpegSize,
  into: Uint8Array | undefined,
): Image | undefined {
  const jpeg = readSequential(file)
  if (jpeg === undefined || jpeg.width !== size.width || jpeg.height !== size.height) return undefined
  if (jpeg.components[0]?.across === 2 && jpeg.width < leastHalved) return undefined
  memory.restart()
  const layout = createPlanes(jpeg, memory)
  const intervals = Math.ceil((layout.across * layout.down) / layout.perInterval)
  const entropy = copyEntropy(file, jpeg.data, intervals, memory)
  if (entropy === undefined || !writeTables(file, jpeg, memory)) return undefined
  if (!decodeBlocks(entropy, layout, memory)) return undefined
  const at = writePixels(jpeg, layout, memory)
  const pixels = memory.bytes.subarray(at, at + 3 * size.width * size.height)
  if (into?.length !== pixels.length) return { ...size, data: pixels.slice() }
  into.set(pixels)
  return { ...size, data: into }
}

/** `decodeWith`, which also gives up if the system has no memory for the picture. */
function decodeInside(...asked: Parameters<typeof decodeWith>): Image | undefined {
  try {
    return decodeWith(...asked)
  } catch (error) {
    if (error instanceof KernelMemoryFull) return undefined
    throw error
  }
}

/** Errors of an engine without WebAssembly (`--jitless`), without its SIMD instructions, or without room for its memory. */
const startErrors: readonly string[] = ['ReferenceError', 'CompileError', 'RangeError']

function startMemory(): JpegMemory {
  try {
    return createJpegMemory()
  } catch (error) {
    const isKnown = error instanceof KernelMemoryFull || (error instanceof Error && startErrors.includes(error.name))
    throw isKnown ? new UnusableDecoder('WebAssembly does not start on this computer', { cause: error }) : error
  }
}

/** A decoder with memory of its own, after comparing its samples. Throws an `UnusableDecoder`. */
export function openWasmJpeg(): JpegDecoder {
  let memory: JpegMemory | undefined = startMemory()
  return tested({
    name: 'WebAssembly',
    decode(bytes, size, into) {
      if (memory === undefined) return undefined
      if (size.width * size.height > mostPixels || bytes.length > mostBytes) return undefined
      const image = decodeInside(memory, bytes, size, into)
      if (image === undefined) {
        // What a block that was given up leaves.
        memory.bytes.fill(0, memory.block, memory.block + 128)
        memory.kernels.takeReach()
      }
      return image
    },
    close() {
      memory = undefined
    },
  })
}
