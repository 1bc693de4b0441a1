/** NumPy's types and arrays in a pickle. */
import { PickleObject, type PickleValue } from '../../pickle/pickle-values.ts'

/** The element type of a NumPy array. */
export class NumpyType extends PickleObject {
  readonly dialect = 'numpy'
  /** Its letter: b(ool), i(nt), u(nsigned), f(loat), S (bytes), U (text), V (void), O(bject), … */
  readonly letter: string
  /** Bytes of one element. */
  readonly size: number
  bigEndian = false
  structured = false
  constructor(letter: string, size: number) {
    super()
    this.letter = letter
    this.size = size
  }
}

/** A NumPy array; `_reconstruct` creates it empty, and BUILD fills it. */
export class NumpyArray extends PickleObject {
  readonly dialect = 'numpy'
  shape: readonly number[] = []
  type: NumpyType | undefined
  bytes: Uint8Array = new Uint8Array(0)
  /** The elements of an array of objects. */
  items: readonly PickleValue[] | undefined
}
