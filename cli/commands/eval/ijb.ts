/** `arcc eval --ijb`: verification of templates, and 1:N identification, on IJB-B and IJB-C. */

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { need } from '../../../grammar/diagnostic.ts'
import { createLoader } from '../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../../../runtime/data/loader/start-workers.ts'
import type { Embedder } from '../../../runtime/evaluate/embed-pairs.ts'
import { evaluateIjb, type IjbResult } from '../../../runtime/evaluate/ijb/evaluate-ijb.ts'
import { type IdentificationLists, readIdentification } from '../../../runtime/evaluate/ijb/identification.ts'
import { encodeIjb, encodeScores, type IjbFile, ijbName } from '../../../runtime/evaluate/ijb/ijb-file.ts'
import { findIjbSubset, type IjbSet, ijbSha256, readIjbSet } from '../../../runtime/evaluate/ijb/ijb-set.ts'
import { prepareFolder, writeFiles } from '../../../runtime/evaluate/report/write-evaluation.ts'
import { verificationSlots } from '../../../runtime/evaluate/rounds.ts'
import { setFacts } from '../../../runtime/evaluate/set-facts.ts'
import type { Facts } from '../../../runtime/peers/agree.ts'
import { meetingOf } from '../../../runtime/peers/meeting.ts'
import { fileHost } from '../../host/host.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { requireNetwork } from '../../host/network/find-backbone.ts'
import { networkDevices, type RunningNetwork, withNetwork } from '../../host/network/with-network.ts'
import { type Nodes, type Shared, type SharedStop, sharedStop, withNodes } from '../../host/nodes.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { startWork, type Work } from '../../host/work-progress.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { paragraph } from '../../render/fit.ts'
import { renderIjb } from '../../render/ijb.ts'
import { type Output, processOutput } from '../../render/output.ts'
import type { EvalIjbOptions } from '../options.ts'
import { networkFacts } from './network-facts.ts'

interface IjbContext {
  readonly options: EvalIjbOptions
  readonly set: IjbSet
  readonly lists: IdentificationLists | undefined
  readonly nodes: Nodes
  readonly stop: SharedStop
  readonly work: Work
  readonly output: Output
}

/** Embeds the pictures with the devices of all nodes, and computes the figures at rank 0. */
async function verifyTemplates(
  { plan, embedder }: RunningNetwork,
  { options, set, lists, nodes, stop, work }: IjbContext,
): Promise<Shared<IjbResult>> {
  const { recipe, images } = set
  const rows = plan.embedBatch * embedder.engine.world.local
  const workers = startDecodeWorkers(workerCount(images))
  try {
    const loader = await createLoader({ recipe, images, shape: plan.image, rows, slots: verificationSlots }, workers)
    const onProgress = (done: number) => work.report({ stage: 'pictures', done, total: images })
    const verify = (all: Embedder) => evaluateIjb(all, { set, loader, options: options.switches, lists, onProgress })
    const shared = { embedder, images: { pairs: set, loader }, work: verify }
    return await nodes.embed(shared, stop.signal).finally(() => loader.dispose())
  } finally {
    await workers.dispose()
  }
}

/** Evaluates the network, and writes what rank 0 has found. Returns the exit code. */
async function evaluateTemplates(running: RunningNetwork, folder: string, context: IjbContext): Promise<ExitCode> {
  const { options, set, nodes, stop, work, output } = context
  const { root, switches, network: request } = options
  const { subset, images } = set
  const began = performance.now()
  const { isDone, result: found } = await verifyTemplates(running, context)
  if (!isDone) return stop.code()
  await nodes.together.joint.first('the report', async () => {
    const result = need(found, 'what rank 0 has found')
    const file: IjbFile = {
      version: 1,
      arcc: packageVersion(),
      set: {
        name: subset,
        path: root,
        sha256: await ijbSha256(root, subset),
        images,
        templates: set.templates.length,
        pairs: set.same.length,
        same: set.same.reduce((sum, flag) => sum + flag, 0),
      },
      network: await networkFacts(running, request),
      options: { ...switches },
      tarAtFar: result.points.map(({ threshold = null, ...point }) => ({ ...point, threshold })),
      auc: result.auc,
      xnorm: result.xnorm,
      ...(result.identification === undefined ? {} : { identification: plain(result.identification) }),
      seconds: (performance.now() - began) / 1000,
    }
    const scores = options.scores ? [['scores.npy', [encodeScores(result.scores)]] as const] : []
    // Those of an earlier evaluation would be taken for its scores.
    if (!options.scores) await rm(join(folder, 'scores.npy'), { force: true })
    await writeFiles(folder, [...scores, [ijbName, [encodeIjb(file)]]])
    work.end()
    output.result(options.format === 'json' ? [JSON.stringify(file)] : renderIjb(file, folder, output.look))
  })
  if (!nodes.isFirst) output.note(paragraph(`${nodes.first} has the report`, output.errorLook))
  return exitCode.ok
}

/** Throws ARC6326, ARC6341 to ARC6345, and the errors of networks, devices, pictures and nodes. */
export async function evalIjb(options: EvalIjbOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { root, switches, network: request, meeting: given } = options
  const meeting = meetingOf(given, process.env)
  const host = fileHost()
  // Before anything is read: the process may restart.
  if (networkDevices(request, host, output) === undefined) return exitCode.user
  requireNetwork(request.path)
  const subset = options.subset ?? findIjbSubset(root)
  const set = await readIjbSet(root, subset)
  const lists = options.identification ? await readIdentification(set) : undefined
  const folder = join(options.folder ?? evaluationsFolder(request.path), subset)
  if ((meeting?.rank ?? 0) === 0) await prepareFolder(folder)
  const work = startWork(output, 'stopping (press Ctrl-C again to stop immediately)')
  const meet = { command: 'arcc eval', options: given, output, signal: work.signal }
  try {
    return await withNodes(meeting, meet, async (nodes) => {
      await nodes.agree('templates', 'the templates', () => factsOf(set, options))
      const stop = sharedStop(nodes, work)
      const context = { options, set, lists, nodes, stop, work, output }
      const code = await withNetwork(request, switches.mirrored, { host, output, nodes }, (running) =>
        evaluateTemplates(running, folder, context),
      ).finally(stop.close)
      return code ?? exitCode.user
    })
  } catch (error) {
    if (work.signal.aborted && error === work.signal.reason) return work.code ?? exitCode.interrupted
    throw error
  } finally {
    work.end()
  }
}

/** What has to be alike at all nodes. */
function factsOf(set: IjbSet, { switches }: EvalIjbOptions): Facts {
  const none = { pairs: new Int32Array(0), same: set.same }
  return {
    '--no-flip': String(!switches.mirrored),
    ...setFacts(set.subset, { ...none, recipe: set.recipe, images: set.images }, set),
  }
}

/** A copy with arrays that can be changed, as the file's type has them. */
function plain<T>(value: T): Mutable<T> {
  return structuredClone(value) as Mutable<T>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }
