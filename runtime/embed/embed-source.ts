/**
 * Embeds all pictures of a source, and writes the embeddings to a file as they come, so that memory does not grow with their number
 * and an interrupted command can go on.
 *
 * Legend: M pictures, D embedding width.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { ImageRecipe } from '../data/collection.ts'
import { sourceIdentity } from '../data/inspect/check-state.ts'
import { requireApart } from '../data/pack/output-files.ts'
import { ArccError } from '../errors.ts'
import { embedAlone } from '../evaluate/together.ts'
import { reasonOf } from '../system-errors.ts'
import { headerRoom, rowBytes } from './array-file.ts'
import type { Embedded, EmbedProgress, EmbedRequest } from './embed-request.ts'
import { embedRest } from './embed-rest.ts'
import { type FinishedFiles, type FinishRequest, finishWork } from './finish-work.ts'
import { embedErrors } from './messages.ts'
import { openWork, type Work } from './work-folder.ts'
import type { Identity, RowPlaces } from './work-record.ts'

/** Files that a recipe reads, of which one could be the output. */
export function filesOf(recipe: ImageRecipe): readonly string[] {
  if (recipe.kind === 'mixed') return recipe.parts.flatMap(filesOf)
  return 'files' in recipe ? recipe.files : []
}

function identityOf(request: EmbedRequest, width: number): Identity {
  const { network, source, format, flip, normalize, f16 } = request
  const pictures = sourceIdentity(source)
  return { ...network, pictures, images: source.images, width, format, flip, normalize, f16 }
}

/**
 * Embeds a source into a file, and keeps what is done if it ends before: after `signal`, and after an error. With several nodes, rank 0
 * has the file, and all end alike. Throws ARC6411, ARC6416, ARC682x, and ARC62xx for a picture that cannot be read.
 */
export async function embedSource(request: EmbedRequest): Promise<Embedded> {
  const { embedder, source, format, f16, network, flip, normalize, together = embedAlone() } = request
  const { joint } = together
  const width = embedder.network.embedding
  const total = source.images
  if (total === 0) throw embedErrors('ARC6825', { set: source.name, pictures: 0 })
  const metadata = { ...network, flip: String(flip), normalized: String(normalize) }
  const shape = { width, f16 }
  const room = headerRoom(format, { ...shape, rows: total }, { labels: true, metadata })
  const opening = joint.rank === 0 ? open(request, { room, rowBytes: rowBytes(shape) }) : undefined
  const own = () => need(opening, 'the work of rank 0')
  try {
    const kept = await joint.first('what is done already', async () => (await own()).kept)
    const work = await opening
    const isDone = await embedRest(request, kept, work, together).catch(async (error: unknown) => {
      // What was appended is whole, unless appending it failed.
      if (!(error instanceof ArccError && error.code === 'ARC6826')) await work?.keep()
      throw error
    })
    const written: Embedded[] = []
    return await joint
      .first('writing the embeddings', async (): Promise<Embedded> => {
        const whole = await own()
        await whole.keep()
        const finished = isDone ? await finish(request, whole, { shape, room, metadata }) : undefined
        if (finished === undefined) return { interrupted: true, done: whole.reached.pictures, total }
        const embedded = { ...finished, interrupted: false, width } as const
        written.push(embedded)
        return embedded
      })
      .catch((error: unknown) => {
        // The file is complete, whatever becomes of the nodes that wait for it.
        if (written[0] !== undefined) return written[0]
        throw error
      })
  } finally {
    await opening?.then(
      (work) => work.close(),
      () => undefined,
    )
  }
}

/** Opens the unfinished work of the file. */
async function open(request: EmbedRequest, places: RowPlaces): Promise<Work> {
  const { embedder, source, file } = request
  await requireApart([file], filesOf(source.recipe))
  const identity = identityOf(request, embedder.network.embedding)
  return openWork(file, identity, places, request, reporting(request, 'verifying'))
}

function reporting({ source, onProgress }: EmbedRequest, stage: EmbedProgress['stage']): (done: number) => void {
  return (done) => onProgress({ stage, done, total: source.images, kept: 0, faults: 0 })
}

/** Makes the files of what is embedded; `undefined` after `signal`. */
async function finish(
  request: EmbedRequest,
  work: Work,
  how: Pick<FinishRequest, 'shape' | 'room' | 'metadata'>,
): Promise<FinishedFiles | undefined> {
  const { file, format, source, signal } = request
  if (work.reached.rows === 0) {
    await work.remove()
    throw embedErrors('ARC6825', { set: source.name, pictures: source.images })
  }
  const given = { ...how, file, format, onProgress: reporting(request, 'writing'), signal }
  return finishWork(work, given).catch((error: unknown) => {
    if (signal.aborted && error === signal.reason) return undefined
    throw error instanceof ArccError ? error : embedErrors('ARC6826', { file, reason: reasonOf(error) }, error)
  })
}
