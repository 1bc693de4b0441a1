/** Images by number, concatenated in one array. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Pictures } from './dataset.ts'

/** Images generated per turn of the event loop if generating needs no wait. */
const picturesPerTurn = 4

/** Writes image `numbers[row]` to row `row` of `out`, u8[rows, bytes]; images that need a wait are read concurrently. */
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
      // The await below reports a failure; until then it must not count as unhandled.
      pending.catch(() => undefined)
      waiting.push(pending)
    } else if (++drawn % picturesPerTurn === 0) await nextTurn()
  }
  await Promise.all(waiting)
}
