/** The header of a safetensors file: parsing with every check that the format requires, and layout for writing. */
import { type DType, elementCount } from '../compiler/ir/dtype.ts'
import { bug } from '../grammar/diagnostic.ts'
import { type ErrorMessage, errorsOf } from './errors.ts'

/** Errors of tensor files. */
export const tensorFileErrors = errorsOf({
  ARC6401: {
    text: (p) => `${p.file} is not a valid safetensors file: ${p.reason}`,
    hint: () => 'the file is truncated, or has another format',
  } as ErrorMessage<{ file: string; reason: string }>,
  ARC6402: {
    text: (p) => `${p.file} has no tensor named ${p.name}`,
  } as ErrorMessage<{ file: string; name: string }>,
  ARC6403: {
    text: (p) => `tensor ${p.name} of ${p.file} has the unsupported element type ${p.dtype}`,
  } as ErrorMessage<{ file: string; name: string; dtype: string }>,
  ARC6404: {
    text: (p) => `${p.file} cannot be ${p.action}: ${p.reason}`,
  } as ErrorMessage<{ file: string; action: 'read' | 'written'; reason: string }>,
})

/** Element types of the format: bytes, and arcc's type if it has one. */
const formatTypes: ReadonlyMap<string, { readonly bytes: number; readonly dtype?: DType }> = new Map([
  ['F64', { bytes: 8, dtype: 'f64' }],
  ['F32', { bytes: 4, dtype: 'f32' }],
  ['F16', { bytes: 2, dtype: 'f16' }],
  ['BF16', { bytes: 2, dtype: 'bf16' }],
  ['I64', { bytes: 8 }],
  ['U64', { bytes: 8 }],
  ['I32', { bytes: 4, dtype: 'i32' }],
  ['U32', { bytes: 4, dtype: 'u32' }],
  ['I16', { bytes: 2 }],
  ['U16', { bytes: 2 }],
  ['I8', { bytes: 1, dtype: 'i8' }],
  ['U8', { bytes: 1, dtype: 'u8' }],
  ['BOOL', { bytes: 1, dtype: 'pred' }],
  ['F8_E4M3', { bytes: 1 }],
  ['F8_E5M2', { bytes: 1 }],
])

export const formatNames: { readonly [D in DType]: string } = {
  f64: 'F64',
  f32: 'F32',
  f16: 'F16',
  bf16: 'BF16',
  i32: 'I32',
  u32: 'U32',
  u8: 'U8',
  i8: 'I8',
  pred: 'BOOL',
}

/** arcc's element type for a format name that the header check accepted; `undefined` if arcc has none. */
export function dtypeOf(formatName: string): DType | undefined {
  return formatTypes.get(formatName)?.dtype
}

/** One tensor's position: bytes `start` … `end` - 1 after the header. */
export interface TensorEntry {
  readonly formatName: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorEntry>
  readonly metadata: ReadonlyMap<string, string>
}

/** The maximum header size, in bytes: the reference implementation's limit. */
export const MOST_HEADER_BYTES = 100_000_000

/** The first key that occurs twice in one object of this valid JSON text. */
function repeatedKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  let text: string | undefined
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{') open.push(new Set())
    else if (token === '[') open.push(undefined)
    else if (token === '}' || token === ']') open.pop()
    else if (token !== ':') text = token
    else if (text !== undefined) {
      const key = String(JSON.parse(text))
      const keys = open.at(-1)
      if (keys?.has(key)) return key
      keys?.add(key)
    }
  }
  return undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0)
}

/** Checks a header's text against the size of the data after it. Throws ARC6401. */
export function parseHeader(json: string, dataBytes: number, file: string): Header {
  const unsound = (reason: string) => tensorFileErrors('ARC6401', { file, reason })
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch {
    throw unsound('its header is not JSON')
  }
  if (!json.startsWith('{') || !isRecord(value)) throw unsound('its header is not a JSON object')
  const repeated = repeatedKey(json)
  if (repeated !== undefined) throw unsound(`its header has ${JSON.stringify(repeated)} twice`)

  const tensors = new Map<string, TensorEntry>()
  const metadata = new Map<string, string>()
  for (const [name, entry] of Object.entries(value)) {
    if (!isRecord(entry)) throw unsound(`entry ${JSON.stringify(name)} is not an object`)
    if (name === '__metadata__') {
      for (const [key, text] of Object.entries(entry)) {
        if (typeof text !== 'string') throw unsound(`metadata ${JSON.stringify(key)} is not text`)
        metadata.set(key, text)
      }
      continue
    }
    const { dtype, shape, data_offsets: offsets } = entry
    const type = typeof dtype === 'string' ? formatTypes.get(dtype) : undefined
    if (type === undefined) throw unsound(`tensor ${name} has element type ${JSON.stringify(dtype)}`)
    if (!isCounts(shape)) throw unsound(`tensor ${name} has shape ${JSON.stringify(shape)}`)
    const [start, end] = isCounts(offsets) ? offsets : []
    if (start === undefined || end === undefined || !isCounts(offsets) || offsets.length !== 2) {
      throw unsound(`tensor ${name} has offsets ${JSON.stringify(offsets)}`)
    }
    const bytes = elementCount(shape) * type.bytes
    if (end - start !== bytes) throw unsound(`tensor ${name} needs ${bytes} bytes, its offsets span ${end - start}`)
    tensors.set(name, { formatName: String(dtype), shape, start, end })
  }

  let covered = 0
  for (const [name, { start, end }] of [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end)) {
    if (start < covered) throw unsound(`tensor ${name} overlaps the one before it`)
    if (start > covered) throw unsound(`${start - covered} bytes before tensor ${name} belong to no tensor`)
    covered = end
  }
  if (covered > dataBytes) throw unsound(`its tensors need ${covered} bytes, it has ${dataBytes}`)
  if (covered < dataBytes) throw unsound(`${dataBytes - covered} bytes after its last tensor`)
  return { tensors, metadata }
}

/** The header as bytes: u64 length, JSON, spaces up to a multiple of 8. Entries and metadata are written in map order. */
export function encodeHeader(header: Header): Uint8Array {
  const metadata = header.metadata.size > 0 ? { __metadata__: Object.fromEntries(header.metadata) } : {}
  const entries = [...header.tensors].map(([name, { formatName, shape, start, end }]) => [
    name,
    { dtype: formatName, shape, data_offsets: [start, end] },
  ])
  const names = new Set(header.tensors.keys())
  if (names.has('__metadata__')) bug('a tensor named __metadata__')
  const json = JSON.stringify({ ...metadata, ...Object.fromEntries(entries) })
  const text = new TextEncoder().encode(json)
  const length = Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(8 + length).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(text, 8)
  return bytes
}
