/** Huffman tables in the layout that `symbol` of kernels.wat reads. */

/** Bits that the first part of a table looks up at once. */
const lookupBits = 9
const lookupLength = 1 << lookupBits
/** Offsets in bytes: u16[512] lookup, i32[17] limits, i32[17] distances, u8[256] symbols. */
const limitsAt = 2 * lookupLength
const distancesAt = limitsAt + 4 * 17
const symbolsAt = distancesAt + 4 * 17
export const huffmanBytes = symbolsAt + 256

/**
 * Writes the table at `from` of a file (u8[16] codes of each length, then their symbols) to `memory` at `to`, a multiple of 4; `false` if
 * libjpeg refuses it: too many codes, one of ones alone, or a length above 15 in a DC table. There are at most 256 symbols.
 */
export function writeHuffman(file: Uint8Array, from: number, isDc: boolean, memory: Uint8Array, to: number): boolean {
  const lookup = new Uint16Array(memory.buffer, to, lookupLength)
  const limits = new Int32Array(memory.buffer, to + limitsAt, 17)
  const distances = new Int32Array(memory.buffer, to + distancesAt, 17)
  const symbols = memory.subarray(to + symbolsAt, to + huffmanBytes)
  lookup.fill(0)
  let code = 0
  let place = 0
  for (let length = 1; length <= 16; length++, code <<= 1) {
    const count = file[from + length - 1] ?? 0
    if (count > 0 && code + count >= 1 << length) return false
    limits[length] = code + count
    distances[length] = place - code
    for (let i = 0; i < count; i++, code++, place++) {
      const symbol = file[from + 16 + place] ?? 0
      if (isDc && symbol > 15) return false
      symbols[place] = symbol
      if (length > lookupBits) continue
      const first = code << (lookupBits - length)
      lookup.fill((length << 8) | symbol, first, first + (1 << (lookupBits - length)))
    }
  }
  return true
}
