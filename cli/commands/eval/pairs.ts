/** `arcc eval` with sets of pairs: verifies a network, and writes what it finds. */

import { createLoader } from '../../../runtime/data/loader/loader.ts'
import { startDecodeWorkers, workerCount } from '../../../runtime/data/loader/start-workers.ts'
import { endProcess } from '../../../runtime/end-process.ts'
import { verifyPairs } from '../../../runtime/evaluate/embed-pairs.ts'
import type { EvaluationFile } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { figuresOf } from '../../../runtime/evaluate/report/figures.ts'
import { scoresCsv } from '../../../runtime/evaluate/report/scores-csv.ts'
import { writeEvaluation } from '../../../runtime/evaluate/report/write-evaluation.ts'
import { verificationSlots } from '../../../runtime/evaluate/rounds.ts'
import type { EvaluationSet } from '../../../runtime/evaluate/sets/evaluation-set.ts'
import { fileHost } from '../../host/host.ts'
import { interruptible } from '../../host/interruptible.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { requireNetwork } from '../../host/network/find-backbone.ts'
import { networkDevices, type RunningNetwork, withNetwork } from '../../host/network/with-network.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { renderEvaluation } from '../../render/evaluation.ts'
import { type ExitCode, exitCode } from '../../render/exit.ts'
import { type Output, processOutput } from '../../render/output.ts'
import { aside } from '../../render/section.ts'
import { setProgress } from '../../render/set-progress.ts'
import type { EvalPairsOptions } from '../options.ts'
import { rocChart, scoresChart } from './charts.ts'
import { openSets } from './find-sets.ts'
import { outputFolders } from './folders.ts'
import { networkFacts } from './network-facts.ts'

/** Embeds the images of a set and computes its figures and files. */
async function evaluateSet(
  running: RunningNetwork,
  set: EvaluationSet,
  { far, network }: EvalPairsOptions,
  output: Output,
): Promise<{ readonly evaluation: EvaluationFile; readonly scores: Iterable<string> }> {
  const began = performance.now()
  const { plan, embedder } = running
  const { pairs } = set
  const workers = startDecodeWorkers(workerCount(pairs.images))
  const progress = setProgress(output, set.name, pairs.images)
  try {
    const rows = plan.embedBatch * embedder.engine.world.local
    const { recipe, images } = pairs
    const loader = await createLoader({ recipe, images, shape: plan.image, rows, slots: verificationSlots }, workers)
    const counted = {
      read: async (numbers: Uint32Array) => {
        const read = await loader.read(numbers)
        progress.add(numbers.length)
        return read
      },
    }
    const verification = await verifyPairs(embedder, { pairs, loader: counted }).finally(() => loader.dispose())
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
  } finally {
    progress.end()
    await workers.dispose()
  }
}

function ungroupedNote({ name, ungrouped }: EvaluationSet, output: Output): void {
  if (ungrouped.length === 0) return
  const columns =
    ungrouped.length === 1 ? `column ${ungrouped[0]} of ${name} is` : `columns ${ungrouped.join(', ')} of ${name} are`
  output.note(
    aside(`${columns} not used for groups: there are more than 100 values, or they are measurements`, output.errorLook),
  )
}

/** Returns exit code 1 after errors in `.arc` text, which are printed. Throws the errors of `openSets`, of the network and of pictures. */
export async function evalPairs(options: EvalPairsOptions): Promise<ExitCode> {
  const output = processOutput(options.color)
  const host = fileHost()
  if (networkDevices(options.network, host, output) === undefined) return exitCode.user
  // Nothing is left half written, so the process can end at once.
  const interrupt = interruptible({ onFirst: () => endProcess(interrupt.code ?? exitCode.interrupted) })
  try {
    requireNetwork(options.network.path)
    const sets = await openSets(options, host, output)
    if (sets === undefined) return exitCode.user
    const folders = await outputFolders(sets, options.folder ?? evaluationsFolder(options.network.path))
    for (const set of sets) ungroupedNote(set, output)
    const done = await withNetwork(options.network, true, { host, output }, async (running) => {
      for (const [i, set] of sets.entries()) {
        const folder = folders[i] ?? ''
        const { evaluation, scores } = await evaluateSet(running, set, options, output)
        const charts = { rocChart: rocChart(evaluation), scoresChart: scoresChart(evaluation) }
        await writeEvaluation(folder, { evaluation, scores, ...charts })
        if (options.format === 'json') output.result([JSON.stringify(evaluation)])
        else output.result([...(i === 0 ? [] : ['']), ...renderEvaluation(evaluation, folder, output.look)])
      }
      return true
    })
    return done === undefined ? exitCode.user : exitCode.ok
  } finally {
    interrupt.release()
  }
}
