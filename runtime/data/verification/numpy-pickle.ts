/**
 * The few calls in pickles of verification sets, and what they mean; they are recognized by name and never executed. Bytes of
 * Python 3 in the protocols 0 to 2, bytearrays, and NumPy's arrays, types and scalars (numpy/core/src/multiarray/methods.c,
 * `array_reduce`; NumPy 2 writes `numpy._core`).
 */
import { f16ToF32 } from '../../half.ts'
import { type Global, LongText, latin1Bytes, type PickleValue, shortText } from '../../pickle/pickle-values.ts'
import { NumpyArray, NumpyType } from './numpy-values.ts'

const known = new Set([
  '_codecs encode',
  'builtins bytes',
  'builtins bytearray',
  'numpy ndarray',
  'numpy dtype',
  'numpy.core.multiarray _reconstruct',
  'numpy.core.multiarray scalar',
  'numpy.core.numeric _frombuffer',
])

/** One name for what versions of Python and NumPy name differently; `undefined` if arcc knows no such function. */
export function knownGlobal(module: string, name: string): string | undefined {
  const common = module.replace(/^__builtin__$/, 'builtins').replace(/^numpy\._core\b/, 'numpy.core')
  const full = `${common} ${name}`
  return known.has(full) ? full : undefined
}

/** What a call yields: a value, or `undefined` if it has arguments that arcc does not know. */
export function callResult(target: Global, given: readonly PickleValue[]): PickleValue | undefined {
  switch (target.name) {
    case '_codecs encode':
    case 'builtins bytes':
    case 'builtins bytearray':
      return bytesOf(given, target.name !== '_codecs encode')
    case 'numpy dtype':
      return typeOf(given[0])
    case 'numpy.core.multiarray _reconstruct':
      return new NumpyArray()
    case 'numpy.core.multiarray scalar':
      return scalarOf(given)
    case 'numpy.core.numeric _frombuffer':
      return arrayOf(given[2], given[1], given[0])
    default:
      return undefined
  }
}

function bytesOf([content, encoding]: readonly PickleValue[], mayBeEmpty: boolean): Uint8Array | undefined {
  if (content === undefined && mayBeEmpty) return new Uint8Array(0)
  if (content instanceof Uint8Array && encoding === undefined && mayBeEmpty) return content
  const name = shortText(encoding)
  if (name !== 'latin1' && name !== 'latin-1') return undefined
  return typeof content === 'string' || content instanceof LongText ? latin1Bytes(content) : undefined
}

/** `u1`, `b1`, `<f4`, `S20`, `|O`, …: an optional byte order, a letter, the bytes of an element. */
function typeOf(description: PickleValue | undefined): NumpyType | undefined {
  const match = /^[<>|=]?([a-zA-Z?])(\d*)$/.exec(shortText(description) ?? '')
  if (match === null) return undefined
  const [, letter = '', size = ''] = match
  if (letter === '?') return new NumpyType('b', 1)
  return new NumpyType(letter, size === '' ? 1 : Number(size))
}

function shapeOf(value: PickleValue | undefined): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined
  const numbers = value.filter(
    (side): side is number => typeof side === 'number' && Number.isInteger(side) && side >= 0,
  )
  return numbers.length === value.length ? numbers : undefined
}

function arrayOf(
  shapeValue: PickleValue | undefined,
  type: PickleValue | undefined,
  content: PickleValue | undefined,
): NumpyArray | undefined {
  const shape = shapeOf(shapeValue)
  if (shape === undefined || !(type instanceof NumpyType)) return undefined
  const array = new NumpyArray()
  return fill(array, shape, type, content) ? array : undefined
}

function fill(array: NumpyArray, shape: readonly number[], type: NumpyType, content: PickleValue | undefined): boolean {
  const count = shape.reduce((product, side) => product * side, 1)
  if (type.letter === 'O') {
    if (!Array.isArray(content) || content.length !== count) return false
    array.items = content
  } else {
    const bytes = typeof content === 'string' || content instanceof LongText ? latin1Bytes(content) : content
    if (!(bytes instanceof Uint8Array) || bytes.length !== count * type.size) return false
    array.bytes = bytes
  }
  array.shape = shape
  array.type = type
  return true
}

/** Applies the state of a BUILD to an array or a type; `false` if it is not theirs. */
export function build(target: PickleValue, state: PickleValue): boolean {
  if (!Array.isArray(state)) return false
  if (target instanceof NumpyType) {
    // (version, byte order, subtype, names, fields, item size, alignment, flags)
    target.bigEndian = shortText(state[1]) === '>'
    target.structured = (state[2] ?? null) !== null || (state[3] ?? null) !== null
    return true
  }
  if (!(target instanceof NumpyArray)) return false
  // (version, shape, type, whether in Fortran's order, content); the version is missing in very old files.
  const [shape, type, , content] = state.length === 5 ? state.slice(1) : state
  const sides = shapeOf(shape)
  return sides !== undefined && type instanceof NumpyType && fill(target, sides, type, content)
}

/** A NumPy scalar as a value: a number, a flag, or bytes. */
function scalarOf([type, content]: readonly PickleValue[]): PickleValue | undefined {
  if (!(type instanceof NumpyType)) return undefined
  const bytes = typeof content === 'string' ? latin1Bytes(content) : content
  if (type.letter === 'O' || !(bytes instanceof Uint8Array)) return undefined
  if (type.letter === 'S' || type.letter === 'V') return bytes
  return bytes.length === type.size ? elementOf(type, bytes, 0) : undefined
}

/** Element `i` of packed numbers or flags; `undefined` for other types. */
function elementOf({ letter, size, bigEndian }: NumpyType, bytes: Uint8Array, i: number): number | boolean | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + i * size, size)
  const little = !bigEndian
  switch (`${letter}${size}`) {
    case 'b1':
      // A flag that is neither 0 nor 1 is no flag.
      return view.getUint8(0) > 1 ? view.getUint8(0) : view.getUint8(0) === 1
    case 'u1':
      return view.getUint8(0)
    case 'i1':
      return view.getInt8(0)
    case 'u2':
      return view.getUint16(0, little)
    case 'i2':
      return view.getInt16(0, little)
    case 'u4':
      return view.getUint32(0, little)
    case 'i4':
      return view.getInt32(0, little)
    case 'u8':
      return Number(view.getBigUint64(0, little))
    case 'i8':
      return Number(view.getBigInt64(0, little))
    case 'f4':
      return view.getFloat32(0, little)
    case 'f8':
      return view.getFloat64(0, little)
    case 'f2':
      return f16ToF32(Uint16Array.of(view.getUint16(0, little)))[0]
    default:
      return undefined
  }
}

/** The elements of a one-dimensional array or column as values; `undefined` if it is not one, or of another type. */
export function elementsOf(array: NumpyArray): readonly PickleValue[] | undefined {
  const { type, shape, bytes, items } = array
  const count = shape.reduce((product, side) => product * side, 1)
  if (type === undefined || type.structured || Math.max(1, ...shape) !== Math.max(1, count)) return undefined
  if (items !== undefined) return items
  // Numbers have at most 8 bytes.
  if (type.size > 8 || elementOf(type, new Uint8Array(type.size), 0) === undefined) return undefined
  return Array.from({ length: count }, (_, i) => elementOf(type, bytes, i) ?? null)
}
