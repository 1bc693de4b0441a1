/**
 * Reads TensorBoard's event files: frames with their checksums, and the fields of `Event` that arcc writes. Written from the format, not
 * from the writer.
 */
export interface EventRecord {
  readonly wallTime: number
  readonly step: number
  readonly version: string | undefined
  readonly isRestart: boolean
  /** Scalars by tag; a text counts as its string. */
  readonly tags: ReadonlyMap<string, number | string>
}

/** Bit by bit, unlike the table in the product. */
function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  return (crc ^ 0xffffffff) >>> 0
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}

type Field = { readonly number: number; readonly value: number; readonly bytes: Buffer }

function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = message.readUInt8(at++)
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const head = varint()
    const [number, type] = [Math.floor(head / 8), head % 8]
    if (type === 0) fields.push({ number, value: varint(), bytes: Buffer.alloc(0) })
    else {
      const length = type === 1 ? 8 : type === 5 ? 4 : varint()
      const bytes = message.subarray(at, at + length)
      const value = type === 1 ? bytes.readDoubleLE() : type === 5 ? bytes.readFloatLE() : length
      fields.push({ number, value, bytes })
      at += length
    }
  }
  return fields
}

function recordOf(data: Buffer): EventRecord {
  const fields = fieldsOf(data)
  const field = (number: number) => fields.find((one) => one.number === number)
  const values = fields.filter(({ number }) => number === 5).flatMap(({ bytes }) => fieldsOf(bytes))
  const tags = values.map(({ bytes }): [string, number | string] => {
    const own = fieldsOf(bytes)
    const of = (number: number) => own.find((one) => one.number === number)
    const tensor = of(8)
    const text =
      tensor &&
      fieldsOf(tensor.bytes)
        .find(({ number }) => number === 8)
        ?.bytes.toString()
    return [of(1)?.bytes.toString() ?? '', text ?? of(2)?.value ?? Number.NaN]
  })
  return {
    wallTime: field(1)?.value ?? 0,
    step: field(2)?.value ?? 0,
    version: field(3)?.bytes.toString(),
    isRestart: field(7) !== undefined,
    tags: new Map(tags),
  }
}

/** All records; throws if a frame or a checksum is wrong. */
export function readEventFile(file: Buffer): { readonly records: readonly EventRecord[] } {
  const records: EventRecord[] = []
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at))
    const data = file.subarray(at + 12, at + 12 + length)
    if (crc32c(file.subarray(at, at + 8)) !== unmask(file.readUInt32LE(at + 8))) throw new Error(`length at ${at}`)
    if (crc32c(data) !== unmask(file.readUInt32LE(at + 12 + length))) throw new Error(`data at ${at}`)
    records.push(recordOf(data))
    at += length + 16
  }
  return { records }
}
