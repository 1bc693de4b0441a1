/** Pictures by number, side by side in one array. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Pictures } from './dataset.ts'

/** Pictures drawn in one turn of the event loop where drawing needs no wait. */
const picturesPerTurn = 4

/** Writes picture `numbers[row]` at row `row` of `out`, u8[rows, bytes]; those that have to be waited for are read at once. */
export async function readPictures(
  pictures: Pictures,
  numbers: Iterable<number>,
  out: Uint8Array,
  bytes: number,
): Promise<void> {
  const waiting: Promise<void>[] = []
  let row = 0
  let drawn = 0
  for (const number of numbers) {
    const pending = pictures.read(number, out, row++ * bytes)
    if (pending !== undefined) {
      // A failure is reported by the wait below; until then it must not count as unhandled.
      pending.catch(() => undefined)
      waiting.push(pending)
    } else if (++drawn % picturesPerTurn === 0) await nextTurn()
  }
  await Promise.all(waiting)
}
