/** `arcc eval` with sets of pairs: verifies a network, and writes what it finds. */

import { need } from '../../../grammar/diagnostic.ts'
import { createLoader } from '../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../../../runtime/data/loader/start-workers.ts'
import { endProcess } from '../../../runtime/end-process.ts'
import { type Embedder, verifyPairs } from '../../../runtime/evaluate/embed-pairs.ts'
import type { EvaluationFile } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { figuresOf } from '../../../runtime/evaluate/report/figures.ts'
import { scoresCsv } from '../../../runtime/evaluate/report/scores-csv.ts'
import { writeEvaluation } from '../../../runtime/evaluate/report/write-evaluation.ts'
import { verificationSlots } from '../../../runtime/evaluate/rounds.ts'
import { setFacts } from '../../../runtime/evaluate/set-facts.ts'
import type { EvaluationSet } from '../../../runtime/evaluate/sets/evaluation-set.ts'
import type { Verification } from '../../../runtime/evaluate/verification.ts'
import type { Facts } from '../../../runtime/peers/agree.ts'
import { meetingOf } from '../../../runtime/peers/meeting.ts'
import { fileHost } from '../../host/host.ts'
import { interruptible } from '../../host/interruptible.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { requireNetwork } from '../../host/network/find-backbone.ts'
import { networkDevices, type RunningNetwork, withNetwork } from '../../host/network/with-network.ts'
import { type Nodes, type Shared, type SharedStop, sharedStop, withNodes } from '../../host/nodes.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { renderEvaluation } from '../../render/evaluation.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { paragraph } from '../../render/fit.ts'
import { type Output, processOutput } from '../../render/output.ts'
import { aside } from '../../render/section.ts'
import { setProgress } from '../../render/set-progress.ts'
import type { EvalPairsOptions } from '../options.ts'
import { rocChart, scoresChart } from './charts.ts'
import { openSets } from './find-sets.ts'
import { outputFolders } from './folders.ts'
import { networkFacts } from './network-facts.ts'

interface PairsContext {
  readonly options: EvalPairsOptions
  readonly nodes: Nodes
  readonly stop: SharedStop
  readonly output: Output
}

/** Embeds the images of a set with the devices of all nodes, and verifies it at rank 0. */
async function verifySet(
  { plan, embedder }: RunningNetwork,
  { name, pairs }: EvaluationSet,
  { nodes, stop, output }: PairsContext,
): Promise<Shared<Verification>> {
  const workers = startDecodeWorkers(workerCount(pairs.images))
  const progress = nodes.isFirst ? setProgress(output, name, nodes.share(pairs.images, embedder)) : undefined
  try {
    const rows = plan.embedBatch * embedder.engine.world.local
    const { recipe, images } = pairs
    const loader = await createLoader({ recipe, images, shape: plan.image, rows, slots: verificationSlots }, workers)
    const counted = {
      read: async (numbers: Uint32Array) => {
        const read = await loader.read(numbers)
        progress?.add(numbers.length)
        return read
      },
    }
    const set = { pairs, loader: counted }
    const work = (all: Embedder) => verifyPairs(all, set)
    return await nodes.embed({ embedder, images: set, work }, stop.signal).finally(() => loader.dispose())
  } finally {
    progress?.end()
    await workers.dispose()
  }
}

/** The figures of a set that was verified, and what writes them. */
async function figuresOfSet(
  running: RunningNetwork,
  set: EvaluationSet,
  verification: Verification,
  { far, network }: EvalPairsOptions,
  began: number,
): Promise<{ readonly evaluation: EvaluationFile; readonly scores: Iterable<string> }> {
  const { pairs } = set
  const verified = { same: pairs.same, groups: set.groups, nameOf: set.nameOf }
  const evaluation: EvaluationFile = {
    version: 1,
    arcc: packageVersion(),
    set: {
      ...{ name: set.name, path: set.path, ...(set.root === undefined ? {} : { root: set.root }) },
      ...{ sha256: await set.sha256(), images: pairs.images, pairs: pairs.same.length },
      same: pairs.same.reduce((sum, flag) => sum + flag, 0),
    },
    network: await networkFacts(running, network),
    ...figuresOf(verification, verified, far),
    seconds: (performance.now() - began) / 1000,
  }
  return { evaluation, scores: scoresCsv(verified, verification.scores) }
}

function ungroupedNote({ name, ungrouped }: EvaluationSet, output: Output): void {
  if (ungrouped.length === 0) return
  const columns =
    ungrouped.length === 1 ? `column ${ungrouped[0]} of ${name} is` : `columns ${ungrouped.join(', ')} of ${name} are`
  output.note(
    aside(`${columns} not used for groups: there are more than 100 values, or they are measurements`, output.errorLook),
  )
}

/** Evaluates the sets one after the other; rank 0 writes what it finds. Returns the exit code. */
async function evaluateSets(
  running: RunningNetwork,
  sets: readonly EvaluationSet[],
  folders: readonly string[],
  context: PairsContext,
): Promise<ExitCode> {
  const { options, nodes, stop, output } = context
  const { errorLook, look } = output
  for (const [i, set] of sets.entries()) {
    const began = performance.now()
    const { isDone, result } = await verifySet(running, set, context)
    if (!isDone) return stop.code()
    const folder = folders[i] ?? ''
    const where = await nodes.together.joint.first(`the report on ${set.name}`, async () => {
      const verification = need(result, 'what rank 0 has found')
      const { evaluation, scores } = await figuresOfSet(running, set, verification, options, began)
      const charts = { rocChart: rocChart(evaluation), scoresChart: scoresChart(evaluation) }
      await writeEvaluation(folder, { evaluation, scores, ...charts })
      if (options.format === 'json') output.result([JSON.stringify(evaluation)])
      else output.result([...(i === 0 ? [] : ['']), ...renderEvaluation(evaluation, folder, look)])
      return folder
    })
    if (!nodes.isFirst) output.note(paragraph(`${set.name}: ${nodes.first} has the report, in ${where}`, errorLook))
  }
  return exitCode.ok
}

/**
 * Returns exit code 1 after errors in `.arc` text, which are printed. Throws the errors of `openSets`, of the network, of pictures and of
 * nodes.
 */
export async function evalPairs(options: EvalPairsOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const { network: request, meeting: given, folder } = options
  const meeting = meetingOf(given, process.env)
  const host = fileHost()
  if (networkDevices(request, host, output) === undefined) return exitCode.user
  // Nothing is left half written, so a single process can end at once.
  const interrupt = interruptible({
    onFirst() {
      if (meeting === undefined) endProcess(interrupt.code ?? exitCode.interrupted)
      output.note(paragraph('stopping (press Ctrl-C again to stop immediately)', output.errorLook))
    },
  })
  try {
    requireNetwork(request.path)
    return await withNodes(
      meeting,
      { command: 'arcc eval', options: given, output, signal: interrupt.signal },
      async (nodes) => {
        const sets = await openSets(options, host, output)
        if (sets === undefined) return exitCode.user
        const folders = nodes.isFirst ? await outputFolders(sets, folder ?? evaluationsFolder(request.path)) : []
        if (nodes.isFirst) for (const set of sets) ungroupedNote(set, output)
        await nodes.agree('sets', 'the sets', () => factsOf(sets))
        const stop = sharedStop(nodes, interrupt)
        const context = { options, nodes, stop, output }
        const code = await withNetwork(request, true, { host, output, nodes }, (running) =>
          evaluateSets(running, sets, folders, context),
        ).finally(stop.close)
        return code ?? exitCode.user
      },
    )
  } catch (error) {
    if (interrupt.code !== undefined && error === interrupt.signal.reason) return interrupt.code
    throw error
  } finally {
    interrupt.release()
  }
}

/** What has to be alike at all nodes. */
function factsOf(sets: readonly EvaluationSet[]): Facts {
  const facts = sets.map(({ name, pairs }) => setFacts(name, pairs))
  return { 'the number of sets': String(sets.length), ...Object.fromEntries(facts.flatMap((of) => Object.entries(of))) }
}
