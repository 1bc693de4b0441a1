/** Makes pictures in the process itself: for tiny runs, for which threads would take longer to start, and for tests. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { epochOrder } from '../epoch-order.ts'
import { findJpegDecoder, openJpegDecoder } from '../jpeg/find.ts'
import { type DecodeWorkers, disposed } from './decode-workers.ts'
import { openMaker, type PictureMaker } from './picture-maker.ts'

/** Pictures made per turn of the event loop. */
const picturesPerTurn = 4

/** Throws the errors of `findJpegDecoder`. */
export function decodeHere(): DecodeWorkers {
  const jpeg = openJpegDecoder(findJpegDecoder())
  const makers = new Map<number, PictureMaker>()
  let next = 0
  let made = 0
  let ended = false
  let last: Promise<unknown> = Promise.resolve()
  const watch = (): Promise<void> | undefined => {
    if (ended) throw disposed()
    return ++made % picturesPerTurn === 0 ? nextTurn() : undefined
  }
  return {
    count: 0,
    async open(spec) {
      makers.set(next, openMaker(spec, jpeg))
      return next++
    },
    close(maker) {
      makers.get(maker)?.close()
      makers.delete(maker)
    },
    make(maker, chunk) {
      const result = last.then(async () => {
        const chunkMade = ended ? undefined : await makers.get(maker)?.make(chunk, watch)
        if (chunkMade === undefined || ended) throw disposed()
        return chunkMade
      })
      last = result.catch(() => undefined)
      return result
    },
    epochOrder: async (key, epoch) => epochOrder(key, epoch),
    async dispose() {
      ended = true
      await last
      for (const maker of makers.values()) maker.close()
      makers.clear()
      jpeg?.close()
    },
  }
}
