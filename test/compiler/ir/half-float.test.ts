import { describe, expect, it } from 'vitest'
import { bf16Bits, bf16Value, f16Bits, f16Value } from '../../../compiler/ir/half-float.ts'

const all = Array.from({ length: 65536 }, (_, bits) => bits)

describe.each([
  { name: 'f16', toBits: f16Bits, toValue: f16Value },
  { name: 'bf16', toBits: bf16Bits, toValue: bf16Value },
])('$name', ({ toBits, toValue }) => {
  it('comes back from its value', () => {
    const changed = all.filter((bits) => !Number.isNaN(toValue(bits)) && toBits(toValue(bits)) !== bits)
    expect(changed).toEqual([])
  })

  it('keeps NaN', () => {
    expect(toValue(toBits(Number.NaN))).toBeNaN()
  })

  it('rounds to the nearest, ties to even', () => {
    // Between each pair of positive finite neighbours: a quarter, the middle, three quarters.
    const wrong = all.slice(0, 0x7000).filter((bits) => {
      const [low, high] = [toValue(bits), toValue(bits + 1)]
      const middle = bits % 2 === 0 ? bits : bits + 1
      const rounded = [0.25, 0.5, 0.75].map((part) => toBits(low + (high - low) * part))
      return rounded[0] !== bits || rounded[1] !== middle || rounded[2] !== bits + 1
    })
    expect(wrong).toEqual([])
  })
})
