/**
 * Reads pickles without executing them, protocols 0 to 5 (Lib/pickletools.py of CPython). The machine knows the opcodes; which functions
 * and classes a pickle may name, and what they stand for, is said by a dialect: NumPy's for verification sets, PyTorch's for weights.
 * Calls are recognized by name and never made.
 */
import type { ArccError } from '../errors.ts'
import { createInput, decimal, latin1, long, quoted } from './pickle-input.ts'
import { Dictionary, Global, LongText, type PickleValue, shortText } from './pickle-values.ts'

type Item = PickleValue | typeof MARK
const MARK = Symbol('mark')

/** Text that is kept as in the file; shorter text is a string at once. */
const LONG_TEXT = 256

/** What the functions, classes and persistent ids of a kind of pickle mean. */
export interface Dialect {
  /** The name by which the other functions know a global, `module name`; `undefined` if it is unknown. */
  readonly knownGlobal: (module: string, name: string) => string | undefined
  /** What a call would return; `undefined` if its arguments are none that it can have. */
  readonly call: (target: Global, given: readonly PickleValue[]) => PickleValue | undefined
  /** Applies the state of a BUILD to its target; `false` if it is not a state of it. */
  readonly build: (target: PickleValue, state: PickleValue) => boolean
  /** The object outside of the pickle with this id; `undefined` if it can have no such id. */
  readonly persistent?: (id: PickleValue) => PickleValue | undefined
  /** The error of a damaged pickle: why, and at which byte. */
  readonly damaged: (reason: string, at: number) => ArccError
  /** The error of a pickle that wants something executed that is not known: `posix.system`. */
  readonly refused: (global: string) => ArccError
  /** Opcodes of a pickle at most, which bound its memory; without it, any number. */
  readonly mostSteps?: number
}

export interface Unpickled {
  readonly value: PickleValue
  /** Where the pickle ends. */
  readonly end: number
}

/** The value of the pickle that begins at byte `start`. Throws the errors of the dialect. */
export function unpickle(bytes: Uint8Array, dialect: Dialect, start = 0): Unpickled {
  const { mostSteps = Number.POSITIVE_INFINITY } = dialect
  const input = createInput(bytes, dialect.damaged, start)
  const { damaged, take, u8, u16, u32, u64, f64, line } = input
  const stack: Item[] = []
  const memo = new Map<number, PickleValue>()
  // Text that is decoded several times would cost more than the file.
  let mayDecode = bytes.length

  const isValue = (item: Item | undefined): item is PickleValue => item !== undefined && item !== MARK
  const push = (item: Item) => void stack.push(item)
  const pop = (): PickleValue => {
    const item = stack.pop()
    if (!isValue(item)) throw damaged('a value is missing on the stack')
    return item
  }
  const top = (): PickleValue => {
    const item = stack.at(-1)
    if (!isValue(item)) throw damaged('a value is missing on the stack')
    return item
  }
  const popToMark = (): PickleValue[] => {
    const mark = stack.lastIndexOf(MARK)
    if (mark < 0) throw damaged('a mark is missing')
    return stack.splice(mark).filter(isValue)
  }
  const topList = (): PickleValue[] => {
    const list = stack.at(-1)
    if (!Array.isArray(list)) throw damaged('there is no list to append to')
    return list
  }
  const fillTop = (values: readonly PickleValue[]) => {
    const dictionary = stack.at(-1)
    if (!(dictionary instanceof Dictionary)) throw damaged('there is no dictionary to fill')
    setItems(dictionary, values)
  }
  const setItems = ({ entries }: Dictionary, values: readonly PickleValue[]) => {
    if (values.length % 2 !== 0) throw damaged('a key without a value')
    for (let i = 0; i + 1 < values.length; i += 2) {
      const key = values[i]
      const name = typeof key === 'number' ? key : shortText(key)
      const value = values[i + 1]
      if (name !== undefined && value !== undefined) entries.set(name, value)
    }
  }
  const recall = (slot: number) => {
    const item = memo.get(slot)
    if (item === undefined) throw damaged(`memo slot ${slot} is empty`)
    push(item)
  }
  const text = (content: Uint8Array) =>
    push(content.length > LONG_TEXT ? new LongText(content, 'utf8') : Buffer.from(content).toString('utf8'))
  const escapedText = () => {
    const content = line()
    if (content.length > LONG_TEXT || content.includes(92)) push(new LongText(content, 'escaped'))
    else push(latin1(content))
  }
  const spend = (values: PickleValue) => {
    for (const value of Array.isArray(values) ? values : []) {
      mayDecode -= typeof value === 'string' ? value.length : value instanceof LongText ? value.encoded.length : 0
    }
    if (mayDecode < 0) throw damaged('the same text is decoded again and again')
  }
  const refuse = (name: string) => dialect.refused(name.replace(/[^ -~]/g, '?').slice(0, 80))
  const global = (module: string, name: string) => {
    const found = dialect.knownGlobal(module, name)
    if (found === undefined) throw refuse(`${module}.${name}`)
    push(new Global(found))
  }
  const stackGlobal = () => {
    const name = pop()
    global(shortText(pop()) ?? '?', shortText(name) ?? '?')
  }
  const reduce = () => {
    const given = pop()
    const target = pop()
    if (!(target instanceof Global) || !Array.isArray(given)) throw damaged('a call without a function')
    spend(given)
    const result = dialect.call(target, given)
    if (result === undefined) throw refuse(`${target.name.replace(' ', '.')} with arguments of its own`)
    push(result)
  }
  const persistent = (id: PickleValue) => {
    const found = dialect.persistent?.(id)
    if (found === undefined) throw refuse('a persistent id')
    push(found)
  }
  const buildTop = () => {
    const state = pop()
    spend(state)
    if (!dialect.build(top(), state)) throw damaged('an object whose state does not fit it')
  }
  const steps: Readonly<Record<number, () => void>> = {
    128: () => void u8(), // PROTO
    149: () => void take(8), // FRAME
    40: () => push(MARK),
    48: () => void stack.pop(), // POP
    49: () => void popToMark(), // POP_MARK
    50: () => push(top()), // DUP
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
    125: () => push(new Dictionary()), // EMPTY_DICT
    100: () => {
      const dictionary = new Dictionary()
      setItems(dictionary, popToMark())
      push(dictionary)
    }, // DICT
    115: () => fillTop([pop(), pop()].reverse()), // SETITEM
    117: () => fillTop(popToMark()), // SETITEMS
    143: () => push(new Dictionary()), // EMPTY_SET
    144: () => {
      popToMark()
      fillTop([])
    }, // ADDITEMS
    78: () => push(null), // NONE
    136: () => push(true), // NEWTRUE
    137: () => push(false), // NEWFALSE
    73: () => {
      const digits = line()
      const flag = latin1(digits.subarray(0, 3))
      push(flag === '00' || flag === '01' ? flag === '01' : decimal(digits, damaged))
    }, // INT
    76: () => push(decimal(line(), damaged)), // LONG
    70: () => push(decimal(line(), damaged)), // FLOAT
    71: () => push(f64()), // BINFLOAT
    74: () => push(u32() | 0), // BININT
    75: () => push(u8()), // BININT1
    77: () => push(u16()), // BININT2
    138: () => push(long(input, u8())), // LONG1
    139: () => push(long(input, u32())), // LONG4
    83: () => push(quoted(input)), // STRING, the bytes of Python 2
    84: () => push(take(u32())), // BINSTRING
    85: () => push(take(u8())), // SHORT_BINSTRING
    86: escapedText, // UNICODE
    88: () => text(take(u32())), // BINUNICODE
    140: () => text(take(u8())), // SHORT_BINUNICODE
    141: () => text(take(u64())), // BINUNICODE8
    66: () => push(take(u32())), // BINBYTES
    67: () => push(take(u8())), // SHORT_BINBYTES
    142: () => push(take(u64())), // BINBYTES8
    150: () => push(take(u64())), // BYTEARRAY8
    152: () => void top(), // READONLY_BUFFER
    99: () => global(latin1(line()), latin1(line())), // GLOBAL
    147: stackGlobal,
    82: reduce,
    98: buildTop, // BUILD
    80: () => persistent(latin1(line())), // PERSID
    81: () => persistent(pop()), // BINPERSID
    112: () => void memo.set(decimal(line(), damaged), top()), // PUT
    113: () => void memo.set(u8(), top()), // BINPUT
    114: () => void memo.set(u32(), top()), // LONG_BINPUT
    103: () => recall(decimal(line(), damaged)), // GET
    104: () => recall(u8()), // BINGET
    106: () => recall(u32()), // LONG_BINGET
    148: () => void memo.set(memo.size, top()), // MEMOIZE
  }
  for (let count = 0; ; count++) {
    if (count >= mostSteps) throw damaged(`more than ${mostSteps} operations`)
    const opcode = u8()
    if (opcode === 46) return { value: pop(), end: input.position() } // STOP
    const step = steps[opcode]
    if (step === undefined) throw damaged(`pickle opcode ${opcode}`)
    step()
  }
}
