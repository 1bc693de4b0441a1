/** What a pickle of plain data can hold. */

/** A function or class that the pickle names; never called. */
export class Global {
  /** `numpy.core.multiarray scalar`: the module and the name, as today's and older versions agree on them. */
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** Text that may be a picture: Python 3 writes bytes as text in the protocols 0 to 2. Kept as it is in the file. */
export class LongText {
  readonly encoded: Uint8Array
  /** `escaped`: raw-unicode-escape, as in protocol 0. */
  readonly form: 'utf8' | 'escaped'
  constructor(encoded: Uint8Array, form: LongText['form']) {
    this.encoded = encoded
    this.form = form
  }
}

/** A dictionary, or a set, whose members are not kept. */
export class Dictionary {
  /** Keys that are short texts or numbers; others cannot be names of anything. */
  readonly entries = new Map<string | number, PickleValue>()
}

/** An object of a dialect. */
export abstract class PickleObject {
  /** Of which dialect. */
  abstract readonly dialect: string
}

export type PickleValue =
  | Uint8Array
  | string
  | number
  | boolean
  | null
  | Global
  | LongText
  | Dictionary
  | PickleObject
  | PickleValue[]

/** Bytes of text whose characters are all below 256, as Python writes bytes in the protocols 0 to 2; `undefined` if it has others. */
export function latin1Bytes(text: string | LongText): Uint8Array | undefined {
  if (typeof text === 'string') {
    for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return undefined
    return new Uint8Array(Buffer.from(text, 'latin1'))
  }
  const { encoded, form } = text
  return form === 'utf8' ? fromUtf8(encoded) : fromEscaped(encoded)
}

function fromUtf8(encoded: Uint8Array): Uint8Array | undefined {
  // C2 and C3 start the characters from 128 to 255.
  let pairs = 0
  for (let i = 0; i < encoded.length; i++) if ((encoded[i] ?? 0) >= 0xc0) pairs++
  const out = new Uint8Array(encoded.length - pairs)
  let length = 0
  for (let i = 0; i < encoded.length; i++) {
    const byte = encoded[i] ?? 0
    if (byte < 0x80) out[length++] = byte
    else {
      const next = encoded[++i] ?? 0
      if ((byte !== 0xc2 && byte !== 0xc3) || (next & 0xc0) !== 0x80) return undefined
      out[length++] = ((byte & 3) << 6) | (next & 0x3f)
    }
  }
  return out
}

const BACKSLASH = 0x5c

function fromEscaped(encoded: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(encoded.length)
  let length = 0
  for (let i = 0; i < encoded.length; i++) {
    const byte = encoded[i] ?? 0
    if (byte === BACKSLASH && encoded[i + 1] === 0x75) {
      const digits = Buffer.from(encoded.subarray(i + 2, i + 6)).toString('latin1')
      const code = /^[0-9a-fA-F]{4}$/.test(digits) ? Number.parseInt(digits, 16) : 256
      if (code > 255) return undefined
      out[length++] = code
      i += 5
    } else out[length++] = byte
  }
  // A copy, so that what is kept is no longer than the bytes.
  return out.slice(0, length)
}

/** A short text: a name, an encoding, a type. Python 2 writes them as bytes. */
export function shortText(value: PickleValue | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array && value.length <= 64) return Buffer.from(value).toString('latin1')
  return undefined
}
