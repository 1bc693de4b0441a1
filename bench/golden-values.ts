/**
 * The initial values of arcface_torch's golden runs: a formula of a tensor's name, so that they can be reproduced exactly in any
 * language.
 */
import { crc32 } from 'node:zlib'

/** `n` numbers in [-1, 1], float32: a 32-bit mix of position and name. */
export function values(name: string, n: number): Float32Array<ArrayBuffer> {
  const key = crc32(name)
  const result = new Float32Array(n)
  for (let i = 0; i < n; i++) {
    let x = (Math.imul(i, 2654435761) + key) >>> 0
    x ^= x >>> 16
    x = Math.imul(x, 0x7feb352d)
    x ^= x >>> 15
    x = Math.imul(x, 0x846ca68b)
    x = (x ^ (x >>> 16)) >>> 0
    result[i] = Math.fround(x / 2 ** 31 - 1)
  }
  return result
}

function scaled(numbers: Float32Array<ArrayBuffer>, factor: number, offset = 0): Float32Array<ArrayBuffer> {
  return numbers.map((v) => Math.fround(offset + Math.fround(factor * v)))
}

/** The initial value of a backbone tensor, in the dim order of arcface_torch's state dict; `shape` is the shape there. */
export function backboneValues(name: string, shape: readonly number[], isNorm: boolean): Float32Array<ArrayBuffer> {
  const n = shape.reduce((product, dim) => product * dim, 1)
  if (name.endsWith('.running_mean')) return new Float32Array(n)
  if (name.endsWith('.running_var') || name === 'features.weight') return new Float32Array(n).fill(1)
  if (name.endsWith('.bias')) return scaled(values(name, n), 0.1)
  if (shape.length > 1) return scaled(values(name, n), Math.sqrt(3 / (n / (shape[0] ?? 1))))
  return isNorm ? scaled(values(name, n), 0.1, 1) : scaled(values(name, n), 0.05, 0.25)
}
