/** InsightFace's `.bin` sets: a pickled pair of a list of encoded pictures, two for each pair, and a list of same/different flags. */
import { basename } from 'node:path'
import { ArccError } from '../../errors.ts'
import { Dictionary, LongText, latin1Bytes, type PickleValue } from '../../pickle/pickle-values.ts'
import { dataErrors } from '../messages.ts'
import { type PairSet, recipePairs } from '../pairs.ts'
import { pictureKind } from '../picture-kind.ts'
import { readWhole } from '../read-whole.ts'
import { binFileKind } from './bin-file-kind.ts'
import { readPickle } from './bin-pickle.ts'
import { allInFile, distinctPictures } from './distinct-pictures.ts'
import { elementsOf } from './numpy-pickle.ts'
import { NumpyArray } from './numpy-values.ts'
import { createPairFaults, type PairFaults } from './pair-faults.ts'

/** Largest file: it is in memory as a whole while it is opened. */
const MOST_BYTES = 2 ** 32

/**
 * Reads a set; pair p is pictures 2p and 2p + 1 of the file. Throws ARC6206, ARC6230, ARC6231, ARC6280 if the file is something else,
 * and ARC6234 with all faults of its pairs.
 */
export async function readBinPairs(path: string): Promise<PairSet> {
  let whole: Uint8Array | undefined = await readWhole(path, MOST_BYTES)
  const [pictures, flags] = listsOf(whole, path)
  const faults = createPairFaults(path)
  if (pictures.length !== 2 * flags.length) {
    faults.add(`it has ${pictures.length} pictures and ${flags.length} flags: there must be two pictures for each flag`)
  }
  const same = Uint8Array.from(flags, (flag, i) => readFlag(flag, i, faults))
  const contents = pictures.map((picture, i) => readPicture(picture, i, faults))
  faults.checkPairs(same)
  faults.throwAny()
  const start = allInFile(whole, contents) ? whole.byteOffset : undefined
  // Where pictures are copied, the file is no longer needed: it can be twice their size.
  whole = undefined
  const { recipe, numbers } = distinctPictures(path, start, contents)
  return recipePairs({ name: basename(path).replace(/\.bin$/, ''), recipe, pairs: numbers, same })
}

/** The two lists of the file. */
function listsOf(bytes: Uint8Array, file: string): readonly [readonly PickleValue[], readonly PickleValue[]] {
  const refuse = (what: string, cause?: unknown) => dataErrors('ARC6280', { file, what }, cause)
  let value: PickleValue
  try {
    value = readPickle(bytes, file)
  } catch (error) {
    const what = error instanceof ArccError && error.code === 'ARC6230' ? binFileKind(bytes) : undefined
    throw what === undefined ? error : refuse(what, error)
  }
  if (value instanceof Dictionary) throw refuse('a pickled dictionary')
  const [pictures, flags, ...more] = listOf(value) ?? []
  const lists = [listOf(pictures), listOf(flags)]
  const [first, second] = lists
  if (first !== undefined && second !== undefined && more.length === 0) return [first, second]
  throw refuse(binFileKind(bytes) ?? `a pickle of ${describe(value)}`)
}

/** A list, a tuple, or a NumPy array of one dimension. */
function listOf(value: PickleValue | undefined): readonly PickleValue[] | undefined {
  if (value instanceof NumpyArray) return elementsOf(value)
  return Array.isArray(value) ? value : undefined
}

/** A value for messages, with its article. */
function describe(value: PickleValue | undefined): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (value instanceof NumpyArray) {
    const { type, shape } = value
    return type?.structured === true ? 'a structured NumPy array' : `a NumPy array of shape [${shape.join(', ')}]`
  }
  if (value instanceof Dictionary) return 'a dictionary'
  if (typeof value === 'string' || value instanceof LongText) return 'text'
  if (value === null || value === undefined) return 'nothing'
  if (typeof value === 'object') return 'a function or type'
  return Number.isNaN(value) ? 'not a number' : String(value)
}

function readFlag(value: PickleValue, i: number, faults: PairFaults): 0 | 1 {
  const [flag = value] = value instanceof NumpyArray && value.shape.length === 0 ? (elementsOf(value) ?? []) : []
  if (flag === true || flag === 1) return 1
  if (flag !== false && flag !== 0) {
    faults.addFlag(`flag ${i} is ${describe(flag)}: expected true or false`)
  }
  return 0
}

/** The encoded bytes; none after a fault. */
function readPicture(value: PickleValue, i: number, faults: PairFaults): Uint8Array {
  const bytes = bytesOf(value)
  const kind = bytes === undefined ? undefined : pictureKind(bytes)
  if (bytes === undefined)
    faults.addOne('such pictures', `picture ${i} is ${describe(value)}: expected an encoded picture`)
  else if (kind === undefined) faults.addOne('of unknown formats', `picture ${i} is of an unknown format`)
  else if (typeof kind !== 'string') faults.addOne('that are no pictures', `picture ${i} is ${kind.what}`)
  return bytes ?? new Uint8Array(0)
}

function bytesOf(value: PickleValue): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  // Bytes of Python 2 that were loaded with encoding='latin1' and stored again.
  if (typeof value === 'string' || value instanceof LongText) return latin1Bytes(value)
  if (!(value instanceof NumpyArray) || value.type === undefined || value.type.structured) return undefined
  const { type, shape, bytes } = value
  const single = shape.every((side) => side === 1)
  const oneDimension = Math.max(1, ...shape) === bytes.length
  const packed = (type.letter === 'u' || type.letter === 'i') && type.size === 1 && oneDimension
  const opaque = (type.letter === 'S' || type.letter === 'V') && single
  return packed || opaque ? bytes : undefined
}
