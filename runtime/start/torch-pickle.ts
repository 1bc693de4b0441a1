/**
 * The pickles of `torch.save`: dictionaries of tensors, whose elements lie in storages outside of the pickle. The few functions that
 * such a pickle names are recognized and never called (torch/_utils.py: `_rebuild_tensor_v2`, `_rebuild_tensor_v3`,
 * `_rebuild_parameter`; torch/serialization.py: `persistent_id`). Anything else is refused by name: ARC6762.
 */
import { Dictionary, Global, PickleObject, type PickleValue, shortText } from '../pickle/pickle-values.ts'
import { type Unpickled, unpickle } from '../pickle/unpickle.ts'
import type { ElementType } from './element-types.ts'
import { startErrors } from './messages.ts'
import { extentOf, type Layout } from './strided.ts'

/** A storage by its key. */
export class TorchStorage extends PickleObject {
  readonly dialect = 'torch'
  readonly key: string
  /** `undefined`: bytes, whose type is said by the tensors in it. */
  readonly type: ElementType | undefined
  /** Elements, or bytes if it has no type. */
  readonly size: number
  /** The storage that this one is a part of, in files of PyTorch 0.4 and older. */
  readonly view: { readonly offset: number } | undefined
  constructor(key: string, type: ElementType | undefined, size: number, view: { offset: number } | undefined) {
    super()
    this.key = key
    this.type = type
    this.size = size
    this.view = view
  }
}

export class TorchTensor extends PickleObject {
  readonly dialect = 'torch'
  readonly storage: TorchStorage
  readonly type: ElementType
  readonly layout: Layout
  constructor(storage: TorchStorage, type: ElementType, layout: Layout) {
    super()
    this.storage = storage
    this.type = type
    this.layout = layout
  }
}

/** A storage class or an element type that is named as an argument. */
const storageTypes: Readonly<Record<string, ElementType>> = {
  DoubleStorage: 'f64',
  FloatStorage: 'f32',
  HalfStorage: 'f16',
  BFloat16Storage: 'bf16',
  LongStorage: 'i64',
  IntStorage: 'i32',
  ShortStorage: 'i16',
  CharStorage: 'i8',
  ByteStorage: 'u8',
  BoolStorage: 'bool',
  ComplexFloatStorage: 'complex64',
  ComplexDoubleStorage: 'complex128',
}
const elementTypes: Readonly<Record<string, ElementType>> = {
  float64: 'f64',
  double: 'f64',
  float32: 'f32',
  float: 'f32',
  float16: 'f16',
  half: 'f16',
  bfloat16: 'bf16',
  int64: 'i64',
  int32: 'i32',
  int16: 'i16',
  int8: 'i8',
  uint64: 'u64',
  uint32: 'u32',
  uint16: 'u16',
  uint8: 'u8',
  bool: 'bool',
  float8_e4m3fn: 'f8',
  float8_e5m2: 'f8',
  complex64: 'complex64',
  complex128: 'complex128',
}

const functions = new Set([
  'collections OrderedDict',
  'torch._utils _rebuild_tensor',
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_tensor_v3',
  'torch._utils _rebuild_parameter',
  'torch._utils _rebuild_parameter_with_state',
  'torch Size',
  'torch device',
])

function knownGlobal(module: string, name: string): string | undefined {
  const full = `${module} ${name}`
  if (functions.has(full)) return full
  const isTorch = module === 'torch' || module === 'torch.cuda'
  if (isTorch && Object.hasOwn(storageTypes, name)) return `storage ${name}`
  if (module === 'torch' && Object.hasOwn(elementTypes, name)) return `type ${name}`
  if (module === 'torch.storage' && name === 'UntypedStorage') return `storage ${name}`
  return undefined
}

function nameAfter(word: string, value: PickleValue | undefined): string | undefined {
  const text = value instanceof Global ? value.name : ''
  return text.startsWith(`${word} `) ? text.slice(word.length + 1) : undefined
}

const isCount = (value: PickleValue | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0

function countsOf(value: PickleValue | undefined): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined
  const counts = value.filter(isCount)
  return counts.length === value.length ? counts : undefined
}

function call(target: Global, given: readonly PickleValue[]): PickleValue | undefined {
  const [first] = given
  switch (target.name) {
    case 'collections OrderedDict':
      return given.length === 0 ? new Dictionary() : ofPairs(first)
    case 'torch Size':
      return countsOf(first)?.slice()
    case 'torch device':
      return shortText(first)
    case 'torch._utils _rebuild_parameter':
    case 'torch._utils _rebuild_parameter_with_state':
      return first instanceof TorchTensor ? first : undefined
    case 'torch._utils _rebuild_tensor':
    case 'torch._utils _rebuild_tensor_v2':
      return tensorOf(given, undefined)
    case 'torch._utils _rebuild_tensor_v3': {
      const name = nameAfter('type', given[6])
      return name === undefined ? undefined : tensorOf(given, elementTypes[name])
    }
    default:
      return undefined
  }
}

/** Python 2 writes an ordered dictionary as a list of pairs. */
function ofPairs(list: PickleValue | undefined): Dictionary | undefined {
  if (!Array.isArray(list)) return undefined
  const dictionary = new Dictionary()
  for (const pair of list) {
    const [key, value] = Array.isArray(pair) ? pair : []
    const name = typeof key === 'number' ? key : shortText(key)
    if (name === undefined || value === undefined) return undefined
    dictionary.entries.set(name, value)
  }
  return dictionary
}

/** (storage, offset, shape, strides, …); the elements have to lie in the storage. */
function tensorOf(
  [storage, offset, sizes, steps]: readonly PickleValue[],
  declared: ElementType | undefined,
): TorchTensor | undefined {
  const shape = countsOf(sizes)
  const strides = countsOf(steps)
  if (!(storage instanceof TorchStorage) || !isCount(offset) || shape === undefined || strides === undefined)
    return undefined
  const type = storage.type ?? declared
  if (type === undefined || shape.length !== strides.length) return undefined
  return new TorchTensor(storage, type, { offset, shape, strides })
}

/** Whether the elements of a tensor lie in `elements` of a storage. */
export function fitsStorage(layout: Layout, elements: number): boolean {
  const extent = extentOf(layout)
  return Number.isSafeInteger(layout.offset + extent) && (extent === 0 || layout.offset + extent <= elements)
}

/** ('storage', class, key, device, elements), and in old files (key, offset, elements) of the part of it that is meant. */
function storageOf(id: PickleValue): TorchStorage | undefined {
  if (!Array.isArray(id)) return undefined
  const [kind, type, key, , size, view] = id
  const name = nameAfter('storage', type)
  const storageKey = typeof key === 'number' ? String(key) : shortText(key)
  if (shortText(kind) !== 'storage' || name === undefined || storageKey === undefined || !isCount(size))
    return undefined
  const offset = Array.isArray(view) && isCount(view[1]) ? { offset: view[1] } : undefined
  return new TorchStorage(storageKey, storageTypes[name], size, offset)
}

/** What BUILD adds to a dictionary, `_metadata` of modules, says nothing about the tensors. */
const build = (target: PickleValue) => target instanceof Dictionary || target instanceof TorchTensor

/** More than the pickle of any network needs: 100,000 tensors have about 40 opcodes each. */
const MOST_STEPS = 4_000_000

/** Bytes of the longest pickle that is read. */
export const MOST_PICKLE_BYTES = 2 ** 26

export interface TorchPickle extends Unpickled {
  /** The storages that it refers to, by key. */
  readonly storages: ReadonlyMap<string, TorchStorage>
}

/** The pickle that begins at byte `start`; ARC6761 if it is damaged, ARC6762 if it names what arcc does not know. */
export function readTorchPickle(bytes: Uint8Array, file: string, start = 0): TorchPickle {
  const storages = new Map<string, TorchStorage>()
  const unpickled = unpickle(
    bytes,
    {
      knownGlobal,
      call,
      build,
      persistent(id) {
        const storage = storageOf(id)
        if (storage !== undefined && !storages.has(storage.key)) storages.set(storage.key, storage)
        return storage
      },
      damaged: (reason, at) => startErrors('ARC6761', { file, reason: `${reason} at byte ${at} of its pickle` }),
      refused: (global) => startErrors('ARC6762', { file, global }),
      mostSteps: MOST_STEPS,
    },
    start,
  )
  return { ...unpickled, storages }
}
