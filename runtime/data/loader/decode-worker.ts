/** A thread that makes pictures until it is told to end. Its requests are served one after the other, in their order. */
import { parentPort, workerData } from 'node:worker_threads'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../errors.ts'
import { epochOrder } from '../epoch-order.ts'
import { openJpegDecoder } from '../jpeg/find.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { openMaker, type PictureMaker, type PlainError, type Watch } from './picture-maker.ts'
import type { WorkerReply, WorkerRequest, WorkerSettings } from './protocol.ts'

const { jpeg: choice, place, ending } = workerData as WorkerSettings
const port = need(parentPort, 'the port of a worker thread')
const jpeg = openJpegDecoder(choice)
/** The maker, or why its recipe cannot be opened. */
const makers = new Map<number, PictureMaker | PlainError>()

function opened(open: () => PictureMaker): PictureMaker | PlainError {
  try {
    return open()
  } catch (error) {
    const known =
      error instanceof ArccError ? error : dataErrors('ARC6263', { file: 'the data set', reason: reasonOf(error) })
    return { code: known.code, params: known.params, text: known.message, hint: known.hint }
  }
}

/** Notes what is read next, so that it is known if the thread dies. */
function watch(maker: number): Watch {
  Atomics.store(place, 0, maker)
  return (image) => {
    // Nothing is waiting for the rest of the chunk.
    if (Atomics.load(ending, 0) === 1) end()
    Atomics.store(place, 1, image | 0)
    return undefined
  }
}

function end(): never {
  for (const maker of makers.values()) if ('make' in maker) maker.close()
  jpeg?.close()
  process.exit(0)
}

function reply(message: WorkerReply): void {
  port.postMessage(message)
}

async function serve(request: WorkerRequest): Promise<void> {
  switch (request.kind) {
    case 'open':
      makers.set(
        request.maker,
        opened(() => openMaker(request.spec, jpeg)),
      )
      return
    case 'close': {
      const maker = makers.get(request.maker)
      if (maker !== undefined && 'make' in maker) maker.close()
      makers.delete(request.maker)
      return
    }
    case 'make': {
      const { job, numbers, out } = request
      const maker = need(makers.get(request.maker), `maker ${request.maker}`)
      if (!('make' in maker)) return reply({ kind: 'failed', job, error: maker })
      const chunk = await maker.make({ numbers, out, key: request.key }, watch(request.maker))
      Atomics.store(place, 0, -1)
      return reply({ kind: 'made', job, chunk })
    }
    case 'order':
      request.out.set(epochOrder(request.key, request.epoch))
      return reply({ kind: 'ordered', job: request.job })
    case 'end':
      end()
  }
}

let last: Promise<void> = Promise.resolve()
port.on('message', (request: WorkerRequest) => {
  last = last.then(() => serve(request))
})
