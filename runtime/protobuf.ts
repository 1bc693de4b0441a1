/**
 * Protocol buffers, for the few messages that arcc writes: a field is its number and wire type as a varint, followed by a varint, by
 * eight or four bytes, or by a length and bytes (protobuf.dev/programming-guides/encoding).
 */

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return bytes
}

/** A non-negative integer below 2⁵³; also a bool or an enum. */
export function integerField(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)]
}

/** What precedes the bytes of a message, a text or bytes: for those that are too many to be held. */
export function messageHead(field: number, length: number): number[] {
  return [...varint(field * 8 + 2), ...varint(length)]
}

export function messageField(field: number, body: readonly number[]): number[] {
  return [...messageHead(field, body.length), ...body]
}

export function textField(field: number, value: string): number[] {
  return messageField(field, [...Buffer.from(value, 'utf8')])
}

export function doubleField(field: number, value: number): number[] {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleLE(value)
  return [...varint(field * 8 + 1), ...bytes]
}

export function floatField(field: number, value: number): number[] {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return [...varint(field * 8 + 5), ...bytes]
}
