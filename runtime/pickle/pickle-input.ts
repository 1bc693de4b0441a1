/** The literals of a pickle (Lib/pickletools.py of CPython): numbers, lines, quoted strings. */
import type { ArccError } from '../errors.ts'

/** Where a pickle is read, from byte `start` on, and the errors of that place. */
export function createInput(bytes: Uint8Array, damagedAt: (reason: string, at: number) => ArccError, start: number) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start
  const damaged = (reason: string) => damagedAt(reason, at)
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw damaged(`${length} bytes are needed, ${bytes.length - at} are left`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const number = (length: number, read: (at: number) => number) => {
    take(length)
    return read(at - length)
  }
  return {
    damaged,
    position: () => at,
    take,
    u8: () => number(1, (p) => view.getUint8(p)),
    u16: () => number(2, (p) => view.getUint16(p, true)),
    u32: () => number(4, (p) => view.getUint32(p, true)),
    u64: () => number(8, (p) => Number(view.getBigUint64(p, true))),
    f64: () => number(8, (p) => view.getFloat64(p)),
    /** The bytes up to the end of the line, which is skipped. */
    line(): Uint8Array {
      const end = bytes.indexOf(10, at)
      if (end < 0) throw damaged('a line without end')
      const text = bytes.subarray(at, end)
      at = end + 1
      return text
    },
  }
}

export type Input = ReturnType<typeof createInput>

export const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** A number on a line, which a long one of Python 2 ends with `L`. */
export function decimal(line: Uint8Array, damaged: Input['damaged']): number {
  const text = latin1(line.subarray(0, 64)).trim()
  if (!/^[+-]?(\d+L?|\d*\.?\d+(e[+-]?\d+)?|\d+\.)$/i.test(text))
    throw damaged(`"${text.replace(/[^ -~]/g, '?')}" is no number`)
  return Number.parseFloat(text)
}

/** The longest number that is read; PyTorch writes one of 10 bytes, as a mark. */
const MOST_DIGITS = 16

/** A little-endian number in two's complement; one of more than 6 bytes is rounded to the nearest double. */
export function long({ take, damaged }: Input, length: number): number {
  const digits = take(length)
  if (length > MOST_DIGITS) throw damaged(`a number of ${length} bytes`)
  let value = 0
  for (let i = length - 1; i >= 0; i--) value = value * 256 + (digits[i] ?? 0)
  return length > 0 && (digits[length - 1] ?? 0) > 127 ? value - 256 ** length : value
}

const escapes: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  '\\': 92,
  "'": 39,
  '"': 34,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
}

/** The bytes of a quoted string of Python 2: `'\xff\xd8'`. */
export function quoted({ line, damaged }: Input): Uint8Array {
  const text = line()
  const quote = text[0]
  if ((quote !== 39 && quote !== 34) || text.length < 2 || text.at(-1) !== quote)
    throw damaged('a string without quotes')
  const out = new Uint8Array(text.length)
  let length = 0
  for (let i = 1; i < text.length - 1; i++) {
    const byte = text[i] ?? 0
    if (byte !== 92) {
      out[length++] = byte
      continue
    }
    const kind = String.fromCharCode(text[++i] ?? 0)
    const simple = escapes[kind]
    if (simple !== undefined) out[length++] = simple
    else {
      const digits = latin1(text.subarray(i + 1, i + 3))
      if (kind !== 'x' || !/^[0-9a-fA-F]{2}$/.test(digits))
        throw damaged(`the escape \\${kind.replace(/[^ -~]/g, '?')}`)
      out[length++] = Number.parseInt(digits, 16)
      i += 2
    }
  }
  return out.slice(0, length)
}
