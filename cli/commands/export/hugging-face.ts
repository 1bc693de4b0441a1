/** `arcc export … FOLDER --to hugging-face`: a folder that can be uploaded as it is. */
import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Host } from '../../../compiler/host/host.ts'
import { readEvaluation } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { type TrainingFiles, writeHuggingFace } from '../../../runtime/export/hugging-face.ts'
import { elaborateBackbone } from '../../host/carrier.ts'
import { entryOf } from '../../host/entry.ts'
import { fileHost } from '../../host/host.ts'
import { evaluationsFolder } from '../../host/network/evaluations-folder.ts'
import { findEvaluations } from '../../host/network/recommended-threshold.ts'
import type { OpenedNetwork } from '../../host/network/with-network.ts'
import { packageVersion } from '../../host/package-folder.ts'
import { readRunRecord } from '../../host/run-record.ts'
import type { ExitCode } from '../../render/exit.ts'
import { writtenLines } from '../../render/exported-network.ts'
import { formatBytes, plural } from '../../render/format.ts'
import type { Output } from '../../render/output.ts'
import { shellWord } from '../../render/resume-command.ts'
import { type ExportTarget, weightsOf, withOpened } from './opened.ts'

export interface ExportHuggingFaceTarget extends ExportTarget {
  /** Of the network and of the data that it was trained on, as declared; `undefined` is said to be unknown. */
  readonly license: string | undefined
}

/** What the folder of a run has of the training. */
function trainingFiles(run: string | undefined): TrainingFiles | undefined {
  if (run === undefined) return undefined
  const { file, experiment } = readRunRecord(run)
  const inRun = (name: string) => (existsSync(join(run, name)) ? join(run, name) : undefined)
  return { experiment, source: inRun(basename(file)), resolved: inRun('resolved.txt'), plan: inRun('plan.yaml') }
}

/**
 * The options with which arcc opens the exported weights again: what was named here, or the copy of the run's experiment. Fields of the
 * backbone that `--set` changed are not in that copy: a file with such a backbone has to be written.
 */
function openingOptions({ plan, run }: OpenedNetwork, { backbone, experiment }: ExportTarget, host: Host): string {
  if (backbone !== undefined) return `--backbone ${shellWord(backbone)}`
  if (experiment !== undefined) {
    const { file, experiment: name } = entryOf(experiment)
    return `--experiment ${shellWord(basename(file) + (name === undefined ? '' : `#${name}`))}`
  }
  if (run === undefined) return ''
  const { file, experiment: name, set } = readRunRecord(run)
  if (!set.some((text) => /^\s*backbone\b/.test(text))) return `--experiment ${shellWord(`${basename(file)}#${name}`)}`
  const changed = `${plan.backbone}(embedding: ${plan.embedding})`
  const isOfLibrary = elaborateBackbone(changed, host).experiment !== undefined
  return isOfLibrary ? `--backbone ${shellWord(changed)}` : '--experiment FILE.arc'
}

/** The evaluations of exactly these weights. */
async function evaluationsOf(path: string, sha256: string) {
  const found = await Promise.all(findEvaluations(evaluationsFolder(path)).map(readEvaluation))
  return found.filter(({ network }) => network.sha256 === sha256).toSorted((a, b) => (a.set.name < b.set.name ? -1 : 1))
}

async function write(network: OpenedNetwork, target: ExportHuggingFaceTarget) {
  const { plan, run, weights } = network
  const sha256 = await weights.sha256()
  const evaluations = await evaluationsOf(target.path, sha256)
  const manifest = weights.checkpoint?.manifest
  const evaluated = new Set(evaluations.map(({ set }) => set.name))
  const verified = (manifest?.metrics ?? []).filter(({ set }) => !evaluated.has(set))
  return writeHuggingFace({
    folder: target.out,
    force: target.force,
    weights: weightsOf(network),
    sha256,
    backbone: plan.backbone,
    image: plan.image,
    embedding: plan.embedding,
    arcc: packageVersion(),
    license: target.license,
    opening: openingOptions(network, target, fileHost()),
    training: trainingFiles(run),
    step: manifest?.step,
    evaluations,
    verified: verified.map(({ set, accuracy, deviation }) => ({ set, accuracy, deviation })),
  })
}

/** Throws ARC6830 to ARC6833, ARC6404, ARC6770, ARC6320 for a damaged evaluation, and errors of the weights and of the run. */
export function exportHuggingFace(target: ExportHuggingFaceTarget, output: Output): Promise<ExitCode> {
  return withOpened(target, output, async (network) => {
    const { files, bytes } = await write(network, target)
    const { backbone } = network.plan
    output.result(
      target.format === 'json'
        ? [JSON.stringify({ folder: target.out, backbone, files, bytes }, undefined, 2)]
        : writtenLines(target.out, [backbone, plural(files.length, 'file'), formatBytes(bytes)], output.look),
    )
    if (target.license === undefined && target.format === 'text')
      output.note(['The model card says that the license is unknown; --license declares one.'])
  })
}
