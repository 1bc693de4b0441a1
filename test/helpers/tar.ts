/** Writes tar archives block by block, so that tests decide on every field. */

export interface TarEntry {
  readonly name: string
  readonly data: Uint8Array | string
  /** Type of the member; default: a file. */
  readonly type?: string
  /** Field of the size, if it is not the octal size of the data. */
  readonly size?: Uint8Array
  readonly prefix?: string
}

/** An archive with two blocks of zeros at its end. */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.map(tarMember), Buffer.alloc(1024)])
}

export function tarMember({ name, data, type = '0', size, prefix = '' }: TarEntry): Buffer {
  const bytes = Buffer.from(data)
  const header = Buffer.alloc(512)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  if (size === undefined) header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124)
  else header.set(size, 124)
  header.write('        ', 148)
  header.write(type, 156)
  header.write('ustar\x0000', 257)
  header.write(prefix, 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}
