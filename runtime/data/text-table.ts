/** Tens of millions of texts in shared memory, without an object for each. */
import type { TextTable } from './collection.ts'

/** The bytes and the numbers of a table grow by doubling. */
const FIRST_BYTES = 2 ** 16
const FIRST_ITEMS = 2 ** 12

export interface TextTableBuilder {
  readonly count: number
  add(text: string): void
  /** The table of all texts. It has the memory of the builder, to which nothing is added afterwards. */
  build(): TextTable
}

export function buildTextTable(): TextTableBuilder {
  let bytes = Buffer.from(new SharedArrayBuffer(FIRST_BYTES))
  let starts = new Float64Array(new SharedArrayBuffer(8 * FIRST_ITEMS))
  let count = 0
  let end = 0
  return {
    get count() {
      return count
    },
    add(text) {
      const length = Buffer.byteLength(text)
      if (end + length > bytes.length) {
        const larger = Buffer.from(new SharedArrayBuffer(Math.max(2 * bytes.length, end + length)))
        larger.set(bytes.subarray(0, end))
        bytes = larger
      }
      if (count + 2 > starts.length) {
        const larger = new Float64Array(new SharedArrayBuffer(16 * starts.length))
        larger.set(starts)
        starts = larger
      }
      end += bytes.write(text, end)
      starts[++count] = end
    },
    build: () => ({
      bytes: new Uint8Array(bytes.buffer, 0, end),
      starts: starts.subarray(0, count + 1),
    }),
  }
}

/** Text `i` of a table. */
export function textAt({ bytes, starts }: TextTable, i: number): string {
  const [start, end] = [starts[i] ?? 0, starts[i + 1] ?? 0]
  // Buffer.from shares the memory, so that nothing is copied before it is decoded.
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

/** Number of texts. */
export function textCount({ starts }: TextTable): number {
  return starts.length - 1
}
