/** `arcc eval --all-to-all`: compares each two pictures of a data set, exactly; `--plan` prints what it takes. */

import { totalmem } from 'node:os'
import { join } from 'node:path'
import type { Collection } from '../../../runtime/data/collection.ts'
import { imageBytes } from '../../../runtime/data/image.ts'
import { createLoader } from '../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../../../runtime/data/loader/start-workers.ts'
import { allToAll, comparedPairs } from '../../../runtime/evaluate/all-to-all/all-to-all.ts'
import { estimateAllToAll, hostBytes } from '../../../runtime/evaluate/all-to-all/estimate.ts'
import { allToAllErrors } from '../../../runtime/evaluate/all-to-all/messages.ts'
import type { PairCounts } from '../../../runtime/evaluate/all-to-all/pair-blocks.ts'
import { embedEach } from '../../../runtime/evaluate/embed-pairs.ts'
import { type AllToAllFile, allToAllName, encodeAllToAll } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import { prepareFolder, writeFiles } from '../../../runtime/evaluate/report/write-evaluation.ts'
import { verificationSlots } from '../../../runtime/evaluate/rounds.ts'
import { fileHost } from '../../host/host.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { requireNetwork } from '../../host/network/find-backbone.ts'
import { networkDevices, type RunningNetwork, withNetwork } from '../../host/network/with-network.ts'
import { openSource } from '../../host/open-source.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { startWork, type Work } from '../../host/work-progress.ts'
import { type AllToAllPlan, renderAllToAll, renderEstimate } from '../../render/all-to-all.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { formatBytes } from '../../render/format.ts'
import { processOutput } from '../../render/output.ts'
import type { EvalAllToAllOptions } from '../options.ts'
import { networkFacts } from './network-facts.ts'

/** B, by the kind of device. */
const blockOf = { cpu: 1024, cuda: 4096 } as const

/** Throws ARC6301, ARC6326, ARC6350, ARC6351, and the errors of networks, devices, data sets and pictures. */
export async function evalAllToAll(options: EvalAllToAllOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  // Before anything is read: the process may restart.
  const devices = networkDevices(options.network, host, output)
  if (devices === undefined) return exitCode.user
  const { source, network: request } = options
  requireNetwork(request.path)
  const opened = openSource({ source, experiment: undefined, set: [] }, output)
  if (opened === undefined) return exitCode.user
  const { collection } = opened
  const labels = labelsOf(collection)
  const counts = comparedPairs(labels)
  const folder = join(options.folder ?? evaluationsFolder(request.path), 'all-to-all')
  if (!options.plan) await prepareFolder(folder)
  const block = blockOf[devices.request.kind]
  const work = startWork(output, 'stopping (press Ctrl-C again to stop immediately)')
  const show = (value: object, lines: () => readonly string[]) => {
    work.end()
    output.result(options.format === 'json' ? [JSON.stringify(value)] : lines())
  }
  try {
    const code = await withNetwork(request, true, { host, output }, async (network) => {
      const { engine } = network.embedder
      const { embedding: dim } = network.plan
      if (options.plan) {
        const estimate = await estimateWork(network, collection, counts, block)
        show(estimate, () => renderEstimate(estimate, output.look))
        return exitCode.ok
      }
      checkMemory({ ...counts, images: collection.images, dim })
      const began = performance.now()
      const embeddings = await embedSums(network, collection, work)
      const rows = { embeddings, labels }
      const { passes, points, ...pairs } = await allToAll(engine, {
        rows,
        dim,
        block,
        signal: work.signal,
        onProgress: (done, total, pass) =>
          work.report({ stage: pass === 1 ? 'blocks' : `blocks, pass ${pass}`, unit: 'blocks', done, total }),
      })
      const file: AllToAllFile = {
        version: 1,
        arcc: packageVersion(),
        set: {
          name: collection.name,
          path: opened.root ?? source,
          images: collection.images,
          people: new Set(labels).size,
        },
        network: await networkFacts(network, request),
        ...pairs,
        tarAtFar: [...points],
        passes,
        seconds: (performance.now() - began) / 1000,
      }
      await writeFiles(folder, [[allToAllName, [encodeAllToAll(file)]]])
      show(file, () => renderAllToAll(file, folder, output.look))
      return exitCode.ok
    })
    return code ?? exitCode.user
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

/** Sums of the embeddings of images and of their mirror images, f32[N,D]. */
async function embedSums(
  { embedder, plan }: RunningNetwork,
  collection: Collection,
  work: Work,
): Promise<Float32Array> {
  const { images, recipe } = collection
  const { embedding: dim, embedBatch, image: shape } = plan
  const sums = new Float32Array(images * dim)
  const workers = startDecodeWorkers(workerCount(images))
  try {
    const rows = embedBatch * embedder.engine.world.local
    const loader = await createLoader({ recipe, images, shape, rows, slots: verificationSlots }, workers)
    const own = { ...embedder, signal: work.signal }
    await embedEach(own, { pairs: { images }, loader }, (first, [original, mirrored]) => {
      const count = (original?.length ?? 0) / dim
      for (let i = 0; i < count * dim; i++) sums[first * dim + i] = (original?.[i] ?? 0) + (mirrored?.[i] ?? 0)
      work.report({ stage: 'pictures', done: first + count, total: images })
    }).finally(() => loader.dispose())
    return sums
  } finally {
    await workers.dispose()
  }
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
