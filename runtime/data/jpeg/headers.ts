/** Reads the headers of a sequential JPEG (ITU-T T.81, annex B) for the decoder in WebAssembly. Offsets count from the file's start. */
import { marker, u16 } from './plain.ts'

export interface Component {
  /** Sampling factors: blocks of an MCU. */
  readonly across: number
  readonly down: number
  /** Offset of its quantization table, u8[64] in the order of the file. */
  readonly quant: number
  /** Offsets of its Huffman tables: u8[16] codes of each length, then their symbols. */
  readonly dc: number
  readonly ac: number
}

export interface SequentialJpeg {
  readonly width: number
  readonly height: number
  readonly components: readonly Component[]
  /** MCUs between restart markers; 0 for none. */
  readonly restart: number
  /** Offset of the entropy-coded data. */
  readonly data: number
}

/** Tables by what names them. */
interface Tables {
  readonly quant: Map<number, number>
  /** By class times 16 plus number: the byte in which the file names them. */
  readonly huffman: Map<number, number>
}

/** Notes the tables of 8 bits that a DQT segment defines; `false` for others. */
function addQuantTables(bytes: Uint8Array, from: number, end: number, { quant }: Tables): boolean {
  let at = from
  for (; at < end; at += 65) {
    if ((bytes[at] ?? 0) > 3) return false
    quant.set(bytes[at] ?? 0, at + 1)
  }
  return at === end
}

function addHuffmanTables(bytes: Uint8Array, from: number, end: number, { huffman }: Tables): boolean {
  let at = from
  while (at + 17 <= end) {
    let symbols = 0
    for (let length = 1; length <= 16; length++) symbols += bytes[at + length] ?? 0
    if (((bytes[at] ?? 0) & 0xec) !== 0 || symbols > 256) return false
    huffman.set(bytes[at] ?? 0, at + 1)
    at += 17 + symbols
  }
  return at === end
}

/** The components of the only scan, if it names all of the frame's in their order, and every table is there. */
function readComponents(bytes: Uint8Array, frame: number, scan: number, tables: Tables): Component[] | undefined {
  const count = bytes[frame + 7] ?? 0
  const parameters = scan + 3 + 2 * count
  if (bytes[scan + 2] !== count || u16(bytes, scan) !== 6 + 2 * count) return undefined
  if (bytes[parameters] !== 0 || bytes[parameters + 1] !== 63 || bytes[parameters + 2] !== 0) return undefined
  const components: Component[] = []
  for (let i = 0; i < count; i++) {
    const [inFrame, inScan] = [frame + 8 + 3 * i, scan + 3 + 2 * i]
    const [sampling, selector] = [bytes[inFrame + 1] ?? 0, bytes[inScan + 1] ?? 0]
    const quant = tables.quant.get(bytes[inFrame + 2] ?? 0)
    const dc = tables.huffman.get(selector >> 4)
    const ac = tables.huffman.get(16 + (selector & 15))
    if (bytes[inFrame] !== bytes[inScan] || quant === undefined || dc === undefined || ac === undefined)
      return undefined
    components.push({ across: sampling >> 4, down: sampling & 15, quant, dc, ac })
  }
  return components
}

/** The headers of a JPEG for which `plainJpeg` gives a size; `undefined` if it is not a plain sequential one. */
export function readSequential(bytes: Uint8Array): SequentialJpeg | undefined {
  const tables: Tables = { quant: new Map(), huffman: new Map() }
  let frame: number | undefined
  let restart = 0
  for (let at = 2; at + 4 <= bytes.length; ) {
    const kind = bytes[at + 1] ?? 0
    const segment = at + 2
    const end = segment + u16(bytes, segment)
    if (kind === marker.SOS) {
      const components = frame === undefined ? undefined : readComponents(bytes, frame, segment, tables)
      if (frame === undefined || components === undefined) return undefined
      return { height: u16(bytes, frame + 3), width: u16(bytes, frame + 5), components, restart, data: end }
    }
    if (kind === marker.SOF2) return undefined
    if (kind === marker.SOF0 || kind === marker.SOF1) frame = segment
    else if (kind === marker.DRI) {
      if (end !== segment + 4) return undefined
      restart = u16(bytes, segment + 2)
    }
    if (kind === marker.DQT && !addQuantTables(bytes, segment + 2, end, tables)) return undefined
    if (kind === marker.DHT && !addHuffmanTables(bytes, segment + 2, end, tables)) return undefined
    at = end
  }
  return undefined
}
