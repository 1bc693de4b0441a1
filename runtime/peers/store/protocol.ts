/**
 * The protocol of a run's store, over TCP, little-endian. A frame is `u32 size` of what follows, `u8 op`, `u32 id`, and the fields of
 * the op. The client chooses ids; replies carry them and come in any order; the id 0 belongs to what the server sends of itself. A
 * text is `u16 length` and UTF-8, a value is `u32 length` and bytes.
 */

/** The first field of HELLO: "ARCC". */
export const magic = 0x41524343
export const protocolVersion = 2

/** A member is a node; an auxiliary connection belongs to native code of a node that is a member. */
export const connectionKinds = ['member', 'auxiliary'] as const

export const errorCodes = {
  notFound: 1,
  timedOut: 2,
  /** Of HELLO: the token, the version, the rank. */
  refused: 3,
  malformed: 4,
  limit: 5,
  /** A node is lost, has failed, or has left. */
  runOver: 6,
} as const

export const limits = {
  keyBytes: 1024,
  valueBytes: 16 * 2 ** 20,
  /** Of all keys and values together, with what it takes to keep them. */
  storeBytes: 2 ** 30,
  /** Of the size in a frame's head. */
  frameBytes: 16 * 2 ** 20 + 64 * 1024,
  /** The same before a connection is admitted. */
  helloBytes: 1024,
  /** Requests of a connection that have no reply yet. */
  openRequests: 256,
  connections: (nodes: number) => 64 + 32 * nodes,
} as const

/** How both sides notice that the other is gone. */
export const liveness = {
  /** Milliseconds between heartbeats, and between looks at who has been heard. */
  tick: 1000,
  /** Own looks in which nothing was heard before the other counts as lost: a time in which this process slept counts for nothing. */
  mostSilent: 10,
} as const

type Field = 'u8' | 'u16' | 'u32' | 'text' | 'value'
type FieldValue<F extends Field> = F extends 'text' ? string : F extends 'value' ? Uint8Array : number
type Fields<S extends Readonly<Record<string, Field>>> = { readonly [K in keyof S]: FieldValue<S[K]> }

/** What a client asks, with the fields in their order. Times are in milliseconds. */
export const requests = {
  hello: {
    code: 1,
    fields: { magic: 'u32', version: 'u16', kind: 'u8', rank: 'u32', token: 'text', facts: 'value' },
  },
  set: { code: 2, fields: { key: 'text', value: 'value' } },
  get: { code: 3, fields: { key: 'text', timeout: 'u32' } },
  tryGet: { code: 4, fields: { key: 'text' } },
  delete: { code: 5, fields: { key: 'text' } },
  barrier: { code: 6, fields: { name: 'text', timeout: 'u32' } },
  heartbeat: { code: 7, fields: {} },
  fail: { code: 8, fields: { report: 'value' } },
  bye: { code: 9, fields: {} },
} as const

/** What the server sends: of itself, and as replies. */
export const responses = {
  lost: { code: 32, fields: { rank: 'u32', report: 'value' } },
  failed: { code: 33, fields: { rank: 'u32', report: 'value' } },
  ok: { code: 128, fields: { value: 'value' } },
  error: { code: 129, fields: { code: 'u16', text: 'text' } },
} as const

type Table = Readonly<Record<string, { readonly code: number; readonly fields: Readonly<Record<string, Field>> }>>

/** A message of a table: its op, its id and its fields. */
export type MessageOf<T extends Table> = {
  [K in keyof T & string]: { readonly op: K; readonly id: number } & Fields<T[K]['fields']>
}[keyof T & string]

export type Request = MessageOf<typeof requests>
export type Response = MessageOf<typeof responses>

/** Bytes that are no message; ends the connection that they came by. */
export class Malformed extends Error {}

/** Size, op and id. */
const headBytes = 9

/** The head of a frame that the reader of frames leaves to `decode`: op and id. */
const opAndId = 5

function fieldBytes(kind: Field, value: number | string | Uint8Array): readonly Uint8Array[] {
  const number = (size: 1 | 2 | 4, given: number) => {
    const bytes = Buffer.alloc(size)
    bytes.writeUIntLE(given, 0, size)
    return bytes
  }
  if (typeof value === 'number') return [number(kind === 'u8' ? 1 : kind === 'u16' ? 2 : 4, value)]
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return [number(typeof value === 'string' ? 2 : 4, bytes.length), bytes]
}

/** A frame in pieces, so that large values are not copied. */
function encode<T extends Table>(table: T, message: MessageOf<T>): readonly Uint8Array[] {
  const { code, fields } = entryOf(table, message.op)
  const given: Readonly<Record<string, number | string | Uint8Array>> = message
  const pieces = Object.entries(fields).flatMap(([name, kind]) => fieldBytes(kind, given[name] ?? 0))
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(opAndId + pieces.reduce((sum, piece) => sum + piece.length, 0), 0)
  head.writeUInt8(code, 4)
  head.writeUInt32LE(message.id, 5)
  return [head, ...pieces]
}

function entryOf(table: Table, op: string) {
  const entry = table[op]
  if (entry === undefined) throw new Malformed(`no op ${op}`)
  return entry
}

const strict = new TextDecoder('utf-8', { fatal: true })

function readField(frame: Buffer, kind: Field, at: number): { value: number | string | Uint8Array; next: number } {
  const number = (size: 1 | 2 | 4) => {
    if (at + size > frame.length) throw new Malformed('a message ends within a field')
    return frame.readUIntLE(at, size)
  }
  if (kind === 'u8') return { value: number(1), next: at + 1 }
  if (kind === 'u16') return { value: number(2), next: at + 2 }
  if (kind === 'u32') return { value: number(4), next: at + 4 }
  const begin = at + (kind === 'text' ? 2 : 4)
  const end = begin + number(kind === 'text' ? 2 : 4)
  if (end > frame.length) throw new Malformed('a message ends within a field')
  const bytes = frame.subarray(begin, end)
  if (kind === 'value') return { value: bytes, next: end }
  try {
    return { value: strict.decode(bytes), next: end }
  } catch {
    throw new Malformed('a text is not UTF-8')
  }
}

/** The message in a frame, without the frame's size; its values are parts of the frame. Throws `Malformed`. */
function decode<T extends Table>(table: T, frame: Buffer): MessageOf<T> {
  if (frame.length < opAndId) throw new Malformed('a message has no op and no id')
  const code = frame.readUInt8(0)
  const found = Object.entries(table).find(([, entry]) => entry.code === code)
  if (found === undefined) throw new Malformed(`the op ${code} is unknown`)
  const [op, { fields }] = found
  const message: Record<string, number | string | Uint8Array> = { op, id: frame.readUInt32LE(1) }
  let at = opAndId
  for (const [name, kind] of Object.entries(fields)) {
    const { value, next } = readField(frame, kind, at)
    message[name] = value
    at = next
  }
  if (at !== frame.length) throw new Malformed('a message has bytes behind its last field')
  // Its members are those of the table.
  return message as MessageOf<T>
}

export const encodeRequest = (request: Request) => encode(requests, request)
export const decodeRequest = (frame: Buffer): Request => decode(requests, frame)
export const encodeResponse = (response: Response) => encode(responses, response)
export const decodeResponse = (frame: Buffer): Response => decode(responses, frame)
