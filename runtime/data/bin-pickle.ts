/**
 * Reads pickles of plain data without executing them: lists, tuples, numbers, flags, strings and bytes, protocols 2 to 5 as far
 * as InsightFace's `.bin` sets use them. The only supported calls are the two by which protocol 2 writes bytes,
 * `_codecs.encode(text, 'latin1')` and `bytes()`; any other call is an error that names it.
 */
import { dataErrors } from './messages.ts'

/** A global that a REDUCE may call. */
class Global {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export type PickleValue = Uint8Array | string | number | boolean | null | PickleValue[]
type Item = PickleValue | Global | typeof MARK
const MARK = Symbol('mark')

const BYTES_OF_TEXT = '_codecs encode'
const EMPTY_BYTES = ['__builtin__ bytes', 'builtins bytes']

/** Limits on a file's requests. */
const MOST_STACK = 2 ** 24
const MOST_MEMO = 2 ** 24

function isValue(item: Item | undefined): item is PickleValue {
  return item !== undefined && item !== MARK && !(item instanceof Global)
}

/** The value of a pickle; `file` is for errors: ARC6230 if it is damaged, ARC6231 if it tries to run something. */
export function readPickle(bytes: Uint8Array, file: string): PickleValue {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const stack: Item[] = []
  const memo: Item[] = []
  let at = 0

  const damaged = (reason: string) => dataErrors('ARC6230', { file, at, reason })
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw damaged(`${length} bytes are needed, ${bytes.length - at} are left`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const u8 = () => take(1)[0] ?? 0
  const u16 = () => {
    take(2)
    return view.getUint16(at - 2, true)
  }
  const u32 = () => {
    take(4)
    return view.getUint32(at - 4, true)
  }
  const u64 = () => {
    take(8)
    return Number(view.getBigUint64(at - 8, true))
  }
  const line = (): string => {
    const end = bytes.indexOf(10, at)
    if (end < 0) throw damaged('a line without end')
    const text = Buffer.from(bytes.subarray(at, end)).toString('latin1')
    at = end + 1
    return text
  }
  const utf8 = (length: number) => Buffer.from(take(length)).toString('utf8')
  const push = (item: Item) => {
    if (stack.length >= MOST_STACK) throw damaged('it nests or lists too much')
    stack.push(item)
  }
  const pop = (): PickleValue => {
    const item = stack.pop()
    if (!isValue(item)) throw damaged('a value is missing on the stack')
    return item
  }
  const popToMark = (): PickleValue[] => {
    const mark = stack.lastIndexOf(MARK)
    if (mark < 0) throw damaged('a mark is missing')
    const items = stack.splice(mark).slice(1)
    if (!items.every(isValue)) throw damaged('a list holds something that is not a value')
    return items
  }
  const topList = (): PickleValue[] => {
    const list = stack.at(-1)
    if (!Array.isArray(list)) throw damaged('there is no list to append to')
    return list
  }
  const remember = (slot: number) => {
    if (slot >= MOST_MEMO) throw damaged(`memo slot ${slot}`)
    const item = stack.at(-1)
    if (item === undefined) throw damaged('there is nothing to remember')
    memo[slot] = item
  }
  const recall = (slot: number) => {
    const item = memo[slot]
    if (item === undefined) throw damaged(`memo slot ${slot} is empty`)
    push(item)
  }
  const reduce = () => {
    const given = pop()
    const target = stack.pop()
    if (!(target instanceof Global) || !Array.isArray(given)) throw damaged('a call without a function')
    const [text, encoding] = given
    if (
      target.name === BYTES_OF_TEXT &&
      typeof text === 'string' &&
      (encoding === 'latin1' || encoding === 'latin-1')
    ) {
      for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) throw damaged('text that is not latin1')
      push(new Uint8Array(Buffer.from(text, 'latin1')))
    } else if (EMPTY_BYTES.includes(target.name) && given.length === 0) push(new Uint8Array(0))
    else throw dataErrors('ARC6231', { file, global: target.name.replace(' ', '.') })
  }
  const global = (name: string) => {
    if (name !== BYTES_OF_TEXT && !EMPTY_BYTES.includes(name)) {
      throw dataErrors('ARC6231', { file, global: name.replace(' ', '.') })
    }
    push(new Global(name))
  }
  const stackGlobal = () => {
    const name = pop()
    global(`${String(pop())} ${String(name)}`)
  }
  const long = (length: number): number => {
    const digits = take(length)
    if (length > 6) throw damaged(`a number of ${length} bytes`)
    let value = 0
    for (let i = length - 1; i >= 0; i--) value = value * 256 + (digits[i] ?? 0)
    return length > 0 && (digits[length - 1] ?? 0) > 127 ? value - 256 ** length : value
  }

  const steps: Readonly<Record<number, () => void>> = {
    128: () => void u8(), // PROTO
    149: () => void take(8), // FRAME
    40: () => push(MARK),
    48: () => void stack.pop(), // POP
    49: () => void popToMark(), // POP_MARK
    93: () => push([]), // EMPTY_LIST
    108: () => push(popToMark()), // LIST
    97: () => {
      const value = pop()
      topList().push(value)
    }, // APPEND
    101: () => {
      const values = popToMark()
      const list = topList()
      for (const value of values) list.push(value)
    }, // APPENDS
    41: () => push([]), // EMPTY_TUPLE
    116: () => push(popToMark()), // TUPLE
    133: () => push([pop()]), // TUPLE1
    134: () => push([pop(), pop()].reverse()), // TUPLE2
    135: () => push([pop(), pop(), pop()].reverse()), // TUPLE3
    78: () => push(null), // NONE
    136: () => push(true), // NEWTRUE
    137: () => push(false), // NEWFALSE
    74: () => push(u32() | 0), // BININT
    75: () => push(u8()), // BININT1
    77: () => push(u16()), // BININT2
    138: () => push(long(u8())), // LONG1
    88: () => push(utf8(u32())), // BINUNICODE
    140: () => push(utf8(u8())), // SHORT_BINUNICODE
    141: () => push(utf8(u64())), // BINUNICODE8
    84: () => push(take(u32())), // BINSTRING, the bytes of Python 2
    85: () => push(take(u8())), // SHORT_BINSTRING
    66: () => push(take(u32())), // BINBYTES
    67: () => push(take(u8())), // SHORT_BINBYTES
    142: () => push(take(u64())), // BINBYTES8
    150: () => push(take(u64())), // BYTEARRAY8
    99: () => global(`${line()} ${line()}`), // GLOBAL
    147: stackGlobal,
    82: reduce,
    113: () => remember(u8()), // BINPUT
    114: () => remember(u32()), // LONG_BINPUT
    104: () => recall(u8()), // BINGET
    106: () => recall(u32()), // LONG_BINGET
    148: () => remember(memo.length), // MEMOIZE
  }

  for (;;) {
    const opcode = u8()
    if (opcode === 46) return pop() // STOP
    const step = steps[opcode]
    if (step === undefined) throw damaged(`pickle opcode ${opcode}`)
    step()
  }
}
