/**
 * Checks the structure of Thrift's compact protocol, in which parquet writes its footer and the headers of its pages, before
 * hyparquet parses it: lists may announce billions of elements, and hyparquet reserves memory for what they announce.
 */

/** Structures of parquet nest less. */
const MOST_DEPTH = 24

const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12] as const

/** The end of the structure that begins at `at`; `undefined` if it is malformed or longer than `bytes`. */
export function thriftEnd(bytes: Uint8Array, at: number): number | undefined {
  const end = structEnd(bytes, at, 0)
  return end <= bytes.length ? end : undefined
}

/** Beyond every array: what is read there is missing. */
const NOWHERE = Number.POSITIVE_INFINITY

function structEnd(bytes: Uint8Array, start: number, depth: number): number {
  if (depth > MOST_DEPTH) return NOWHERE
  for (let at = start; at < bytes.length; ) {
    const head = bytes[at++] ?? 0
    const type = head & 15
    if (type === 0) return at
    // Without a difference, the number of the field follows.
    if (head >> 4 === 0) at = varintEnd(bytes, at)
    at = type === TRUE || type === FALSE ? at : valueEnd(bytes, at, type, depth)
  }
  return NOWHERE
}

function valueEnd(bytes: Uint8Array, at: number, type: number, depth: number): number {
  switch (type) {
    case TRUE:
    case FALSE:
    case BYTE:
      return at + 1
    case I16:
    case I32:
    case I64:
      return varintEnd(bytes, at)
    case DOUBLE:
      return at + 8
    case BINARY:
      return varintEnd(bytes, at) + varint(bytes, at)
    case LIST:
      return listEnd(bytes, at, depth)
    case STRUCT:
      return structEnd(bytes, at, depth + 1)
    default:
      return NOWHERE
  }
}

function listEnd(bytes: Uint8Array, start: number, depth: number): number {
  const head = bytes[start] ?? 0
  const long = head >> 4 === 15
  const count = long ? varint(bytes, start + 1) : head >> 4
  let at = long ? varintEnd(bytes, start + 1) : start + 1
  // Each element has at least one byte.
  if (depth > MOST_DEPTH || count > bytes.length - at) return NOWHERE
  for (let i = 0; i < count && at <= bytes.length; i++) at = valueEnd(bytes, at, head & 15, depth + 1)
  return at
}

/** A varint has at most ten bytes. */
function varintEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at < start + 10 && at < bytes.length; at++) if ((bytes[at] ?? 0) < 128) return at + 1
  return NOWHERE
}

/** An unsigned varint; its end has been or will be checked. */
export function varint(bytes: Uint8Array, start: number): number {
  let value = 0
  for (let at = start, unit = 1; at < start + 10; at++, unit *= 128) {
    const byte = bytes[at] ?? 0
    value += (byte & 127) * unit
    if (byte < 128) break
  }
  return value
}
