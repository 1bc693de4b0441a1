/**
 * The discrete cosine transform of 8×8 blocks as libjpeg's "islow" computes it, bit for bit: the algorithm of Loeffler, Ligtenberg and
 * Moschytz (ICASSP 1989) with constants of 13 bits. A block is i32[8, 8], transformed in place.
 */

const bits = 13
const one = 1 << bits

/** Constants times 2^13. */
const c0298 = 2446
const c0390 = 3196
const c0541 = 4433
const c0765 = 6270
const c0899 = 7373
const c1175 = 9633
const c1501 = 12299
const c1847 = 15137
const c1961 = 16069
const c2053 = 16819
const c2562 = 20995
const c3072 = 25172

/** Bits that the first pass keeps after the point. */
const kept = 2

function forwardLine(block: Int32Array, at: number, step: number, shift: number): void {
  const half = 1 << (shift - 1)
  const d0 = block[at] ?? 0
  const d1 = block[at + step] ?? 0
  const d2 = block[at + 2 * step] ?? 0
  const d3 = block[at + 3 * step] ?? 0
  const d4 = block[at + 4 * step] ?? 0
  const d5 = block[at + 5 * step] ?? 0
  const d6 = block[at + 6 * step] ?? 0
  const d7 = block[at + 7 * step] ?? 0
  const s0 = d0 + d7
  const s1 = d1 + d6
  const s2 = d2 + d5
  const s3 = d3 + d4
  const t4 = d3 - d4
  const t5 = d2 - d5
  const t6 = d1 - d6
  const t7 = d0 - d7
  const e0 = s0 + s3
  const e1 = s1 + s2
  const e2 = s1 - s2
  const e3 = s0 - s3
  block[at] = ((e0 + e1) * one + half) >> shift
  block[at + 4 * step] = ((e0 - e1) * one + half) >> shift
  const e = (e2 + e3) * c0541
  block[at + 2 * step] = (e + e3 * c0765 + half) >> shift
  block[at + 6 * step] = (e - e2 * c1847 + half) >> shift
  const z5 = (t4 + t6 + t5 + t7) * c1175
  const z1 = -(t4 + t7) * c0899
  const z2 = -(t5 + t6) * c2562
  const z3 = z5 - (t4 + t6) * c1961
  const z4 = z5 - (t5 + t7) * c0390
  block[at + 7 * step] = (t4 * c0298 + z1 + z3 + half) >> shift
  block[at + 5 * step] = (t5 * c2053 + z2 + z4 + half) >> shift
  block[at + 3 * step] = (t6 * c3072 + z2 + z3 + half) >> shift
  block[at + step] = (t7 * c1501 + z1 + z4 + half) >> shift
}

function inverseLine(block: Int32Array, at: number, step: number, shift: number): void {
  const half = 1 << (shift - 1)
  const d2 = block[at + 2 * step] ?? 0
  const d6 = block[at + 6 * step] ?? 0
  const e = (d2 + d6) * c0541
  const e2 = e - d6 * c1847
  const e3 = e + d2 * c0765
  const d0 = block[at] ?? 0
  const d4 = block[at + 4 * step] ?? 0
  const e0 = (d0 + d4) * one + half
  const e1 = (d0 - d4) * one + half
  const s0 = e0 + e3
  const s1 = e1 + e2
  const s2 = e1 - e2
  const s3 = e0 - e3
  const t0 = block[at + 7 * step] ?? 0
  const t1 = block[at + 5 * step] ?? 0
  const t2 = block[at + 3 * step] ?? 0
  const t3 = block[at + step] ?? 0
  const z5 = (t0 + t2 + t1 + t3) * c1175
  const z1 = -(t0 + t3) * c0899
  const z2 = -(t1 + t2) * c2562
  const z3 = z5 - (t0 + t2) * c1961
  const z4 = z5 - (t1 + t3) * c0390
  const o0 = t0 * c0298 + z1 + z3
  const o1 = t1 * c2053 + z2 + z4
  const o2 = t2 * c3072 + z2 + z3
  const o3 = t3 * c1501 + z1 + z4
  block[at] = (s0 + o3) >> shift
  block[at + 7 * step] = (s0 - o3) >> shift
  block[at + step] = (s1 + o2) >> shift
  block[at + 6 * step] = (s1 - o2) >> shift
  block[at + 2 * step] = (s2 + o1) >> shift
  block[at + 5 * step] = (s2 - o1) >> shift
  block[at + 3 * step] = (s3 + o0) >> shift
  block[at + 4 * step] = (s3 - o0) >> shift
}

/** Levels around 0 → coefficients times 8. */
export function forwardDct(block: Int32Array): void {
  for (let row = 0; row < 64; row += 8) forwardLine(block, row, 1, bits - kept)
  for (let column = 0; column < 8; column++) forwardLine(block, column, 8, bits + kept)
}

/** Coefficients → levels around 0. */
export function inverseDct(block: Int32Array): void {
  for (let column = 0; column < 8; column++) inverseLine(block, column, 8, bits - kept)
  for (let row = 0; row < 64; row += 8) inverseLine(block, row, 1, bits + kept + 3)
}
