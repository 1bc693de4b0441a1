/** `arcc eval --all-to-all`: compares each two pictures of a data set, exactly; `--plan` prints what it takes. */

import { totalmem } from 'node:os'
import { join } from 'node:path'
import { need } from '../../../grammar/diagnostic.ts'
import type { Collection } from '../../../runtime/data/collection.ts'
import { imageBytes } from '../../../runtime/data/image.ts'
import { createLoader } from '../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../../../runtime/data/loader/start-workers.ts'
import { allToAll, comparedPairs } from '../../../runtime/evaluate/all-to-all/all-to-all.ts'
import { estimateAllToAll, hostBytes } from '../../../runtime/evaluate/all-to-all/estimate.ts'
import { allToAllErrors } from '../../../runtime/evaluate/all-to-all/messages.ts'
import type { PairCounts } from '../../../runtime/evaluate/all-to-all/pair-blocks.ts'
import { type Embedder, embedEach } from '../../../runtime/evaluate/embed-pairs.ts'
import { type AllToAllFile, allToAllName, encodeAllToAll } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import { prepareFolder, writeFiles } from '../../../runtime/evaluate/report/write-evaluation.ts'
import { verificationSlots } from '../../../runtime/evaluate/rounds.ts'
import { pictureFacts } from '../../../runtime/evaluate/set-facts.ts'
import { meetingOf } from '../../../runtime/peers/meeting.ts'
import { fileHost } from '../../host/host.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { requireNetwork } from '../../host/network/find-backbone.ts'
import { networkDevices, type RunningNetwork, withNetwork } from '../../host/network/with-network.ts'
import { type Nodes, type Shared, type SharedStop, sharedStop, withNodes } from '../../host/nodes.ts'
import { type OpenedSource, openSource } from '../../host/open-source.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { startWork, type Work } from '../../host/work-progress.ts'
import { type AllToAllPlan, renderAllToAll, renderEstimate } from '../../render/all-to-all.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { paragraph } from '../../render/fit.ts'
import { formatBytes } from '../../render/format.ts'
import { type Output, processOutput } from '../../render/output.ts'
import type { EvalAllToAllOptions } from '../options.ts'
import { networkFacts } from './network-facts.ts'

/** B, by the kind of device. */
const blockOf = { cpu: 1024, cuda: 4096 } as const

interface AllToAllContext {
  readonly options: EvalAllToAllOptions
  readonly opened: OpenedSource
  readonly block: number
  readonly nodes: Nodes
  readonly stop: SharedStop
  readonly work: Work
  readonly output: Output
}

/** Embeds the pictures with the devices of all nodes, compares them at rank 0, and writes what it finds. Returns the exit code. */
async function compareAll(
  running: RunningNetwork,
  folder: string,
  labels: Int32Array,
  context: AllToAllContext,
): Promise<ExitCode> {
  const { options, opened, block, nodes, stop, work, output } = context
  const { collection } = opened
  const began = performance.now()
  const embedded = await embedSums(running, context)
  if (!embedded.isDone) return stop.code()
  const compared = await nodes.alone(
    'comparing all pairs',
    async () => {
      const rows = { embeddings: need(embedded.result, 'the embeddings of rank 0'), labels }
      const { passes, points, ...pairs } = await allToAll(running.embedder.engine, {
        rows,
        dim: running.plan.embedding,
        block,
        signal: stop.signal,
        onProgress: (done, total, pass) =>
          work.report({ stage: pass === 1 ? 'blocks' : `blocks, pass ${pass}`, unit: 'blocks', done, total }),
      })
      const file: AllToAllFile = {
        version: 1,
        arcc: packageVersion(),
        set: {
          name: collection.name,
          path: opened.root ?? options.source,
          images: collection.images,
          people: new Set(labels).size,
        },
        network: await networkFacts(running, options.network),
        ...pairs,
        tarAtFar: [...points],
        passes,
        seconds: (performance.now() - began) / 1000,
      }
      await writeFiles(folder, [[allToAllName, [encodeAllToAll(file)]]])
      work.end()
      show(file, () => renderAllToAll(file, folder, output.look), context)
    },
    stop.signal,
  )
  if (!compared.isDone) return stop.code()
  if (!nodes.isFirst) output.note(paragraph(`${nodes.first} has the report`, output.errorLook))
  return exitCode.ok
}

function show(value: object, lines: () => readonly string[], { options, output }: AllToAllContext): void {
  output.result(options.format === 'json' ? [JSON.stringify(value)] : lines())
}

/** Throws ARC6301, ARC6326, ARC6350, ARC6351, and the errors of networks, devices, data sets, pictures and nodes. */
export async function evalAllToAll(options: EvalAllToAllOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { source, network: request, plan: isPlan, meeting: given } = options
  // A plan is of this computer.
  const meeting = isPlan ? undefined : meetingOf(given, process.env)
  const isFirst = meeting === undefined || meeting.rank === 0
  const host = fileHost()
  // Before anything is read: the process may restart.
  const devices = networkDevices(request, host, output)
  if (devices === undefined) return exitCode.user
  requireNetwork(request.path)
  const opened = openSource({ source, experiment: undefined, set: [] }, output)
  if (opened === undefined) return exitCode.user
  const { collection } = opened
  const labels = labelsOf(collection)
  const counts = comparedPairs(labels)
  const folder = join(options.folder ?? evaluationsFolder(request.path), 'all-to-all')
  if (isFirst && !isPlan) await prepareFolder(folder)
  const block = blockOf[devices.request.kind]
  const work = startWork(output, 'stopping (press Ctrl-C again to stop immediately)')
  const meet = { command: 'arcc eval', options: given, output, signal: work.signal }
  try {
    return await withNodes(meeting, meet, async (nodes) => {
      await nodes.agree('pictures', 'the pictures', () => pictureFacts(collection))
      const stop = sharedStop(nodes, work)
      const context = { options, opened, block, nodes, stop, work, output }
      const code = await withNetwork(request, true, { host, output, nodes }, async (network) => {
        if (isPlan) {
          const estimate = await estimateWork(network, collection, counts, block)
          work.end()
          show(estimate, () => renderEstimate(estimate, output.look), context)
          return exitCode.ok
        }
        if (isFirst) checkMemory({ ...counts, images: collection.images, dim: network.plan.embedding })
        return compareAll(network, folder, labels, context)
      }).finally(stop.close)
      return code ?? exitCode.user
    })
  } catch (error) {
    if (work.signal.aborted && error === work.signal.reason) return work.code ?? exitCode.interrupted
    throw error
  } finally {
    work.end()
  }
}

function labelsOf(collection: Collection): Int32Array {
  return Int32Array.from({ length: collection.images }, (_, i) => collection.label(i))
}

/** Throws ARC6351 if this computer has less memory than the process needs. */
function checkMemory(size: Parameters<typeof hostBytes>[0]): void {
  const [needed, memory] = [hostBytes(size), totalmem()]
  if (needed > memory) throw allToAllErrors('ARC6351', { needed: formatBytes(needed), memory: formatBytes(memory) })
}

/** Sums of the embeddings of images and of their mirror images, f32[N,D], at rank 0. */
async function embedSums(
  { embedder, plan }: RunningNetwork,
  { opened, nodes, stop, work }: AllToAllContext,
): Promise<Shared<Float32Array>> {
  const { images, recipe } = opened.collection
  const { embedding: dim, embedBatch, image: shape } = plan
  const workers = startDecodeWorkers(workerCount(images))
  try {
    const rows = embedBatch * embedder.engine.world.local
    const loader = await createLoader({ recipe, images, shape, rows, slots: verificationSlots }, workers)
    const set = { pairs: { images }, loader }
    const add = async (all: Embedder) => {
      const sums = new Float32Array(images * dim)
      await embedEach(all, set, (first, [own]) => {
        sums.set(own ?? [], first * dim)
        work.report({ stage: 'pictures', done: first + (own?.length ?? 0) / dim, total: images })
      })
      return sums
    }
    const summing = { ...embedder, combine: sumOfBoth }
    return await nodes.embed({ embedder: summing, images: set, work: add }, stop.signal).finally(() => loader.dispose())
  } finally {
    await workers.dispose()
  }
}

/** Of embeddings and of those of the mirror images, f32[b,D] each. */
function sumOfBoth([original, mirrored]: readonly Float32Array[]): readonly Float32Array[] {
  return [Float32Array.from(original ?? [], (value, i) => value + (mirrored?.[i] ?? 0))]
}

/** Memory and time, from the speed of the network and of some blocks on these devices. */
async function estimateWork(
  { embedder, plan, device }: RunningNetwork,
  collection: Collection,
  pairs: PairCounts,
  block: number,
): Promise<AllToAllPlan> {
  const { engine } = embedder
  const { images } = collection
  const estimate = await estimateAllToAll(engine, { ...pairs, images, dim: plan.embedding, block })
  const black = {
    dtype: 'u8',
    shape: [plan.embedBatch, ...plan.image],
    data: new Uint8Array(plan.embedBatch * imageBytes(plan.image)),
  } as const
  const inputs = await engine.uploadAll(Array.from({ length: engine.world.local }, () => [black]))
  const times: number[] = []
  try {
    for (let round = 0; round < 3; round++) {
      const began = performance.now()
      const outputs = await embedder.executable.run(inputs.map((own, i) => [...(embedder.weights[i] ?? []), ...own]))
      times.push((performance.now() - began) / 1000)
      for (const tensor of outputs.flat()) tensor.dispose()
    }
  } finally {
    for (const tensor of inputs.flat()) tensor.dispose()
  }
  const perRound = plan.embedBatch * engine.world.local
  return {
    images,
    people: collection.classes,
    ...pairs,
    device,
    devices: engine.world.local,
    ...estimate,
    embeddingSeconds: (Math.min(...times) * images) / perRound,
  }
}
