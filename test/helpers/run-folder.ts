/** Writes run folders as `arcc run` and `arcc eval` do. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { encodeRunRecord, type RunRecord } from '../../cli/host/run-record.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'
import { type CheckpointFacts, createManifest, encodeManifest } from '../../runtime/checkpoint/manifest.ts'
import type { AllToAllFile, IjbFile } from '../../runtime/evaluate/ijb/ijb-file.ts'
import { type EvaluationFile, encodeEvaluation } from '../../runtime/evaluate/report/evaluation-file.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { eventLine } from '../../runtime/logs/event-line.ts'

const began = Date.parse('2026-05-04T10:00:00.000Z')

/** The lines of a log, one second apart. */
export function logText(events: readonly RunEvent[], start = began): string {
  return events.map((event, i) => `${eventLine(event, start + 1000 * i)}\n`).join('')
}

export const record: RunRecord = {
  version: 1,
  arcc: '0.1.0',
  file: '/tmp/small.arc',
  experiment: 'small',
  set: ['train.clip=5'],
  engine: 'xla',
  emulate: false,
  devices: 2,
  fields: [
    { path: 'backbone', value: 'small()' },
    { path: 'train.batch', value: '64 global' },
    { path: 'train.clip', value: '5' },
  ],
}

const hash = 'a'.repeat(64)

/** An evaluation of four pairs. */
export function evaluation(name: string, more: Partial<EvaluationFile> = {}): EvaluationFile {
  return {
    version: 1,
    arcc: '0.1.0',
    set: { name, path: `/data/${name}.bin`, sha256: hash, images: 8, pairs: 4, same: 2 },
    network: {
      path: 'weights.safetensors',
      sha256: hash,
      backbone: 'small()',
      embedding: 8,
      step: 100,
      precision: 'f32',
    },
    accuracy: 0.75,
    deviation: 0.1,
    interval: [0.5, 1],
    folds: [{ accuracy: 0.75, threshold: 0.3 }],
    xnorm: 5,
    auc: 0.9,
    eer: { rate: 0.2, threshold: 0.3 },
    tarAtFar: [
      { far: 0.1, tar: 0.8, threshold: 0.3 },
      { far: 0.01, tar: 0.5, threshold: null },
    ],
    undetermined: [0.001],
    recommended: { threshold: 0.3, far: 0.1, tar: 0.8, why: 'it is the only one' },
    groups: [
      {
        ...{ column: 'race', value: '<b>', pairs: 4, same: 2, accuracy: 0.75, deviation: null },
        ...{ falseAcceptRate: null, trueAcceptRate: 0.8, tenFold: null, tarAtFar: [] },
      },
    ],
    roc: [
      { far: 0, tar: 0.2, threshold: 0.9 },
      { far: 0.01, tar: 0.5, threshold: 0.6 },
      { far: 1, tar: 1, threshold: -1 },
    ],
    histogram: { edges: [-1, 0, 1], same: [0, 2], different: [1, 1] },
    hardest: [
      { pair: 1, same: true, score: 0.1, a: 'one & "two".jpg', b: '3' },
      { pair: 2, same: false, score: 0.7, a: '4', b: '5' },
    ],
    seconds: 1,
    ...more,
  }
}

const network = {
  path: 'runs/small-001',
  sha256: hash,
  backbone: 'small',
  embedding: 8,
  step: 100,
  precision: 'f32',
} as const

/** A result of `arcc eval --ijb`. */
export const ijbResult: IjbFile = {
  ...{ version: 1, arcc: '0.1.0', network, auc: 0.99, xnorm: 20, seconds: 3 },
  set: { name: 'ijbc', path: '/data/ijb', sha256: hash, images: 40, templates: 20, pairs: 100, same: 10 },
  options: { mirrored: true, norm: true, detector: true },
  tarAtFar: [
    { far: 1e-4, found: 1e-4, tar: 0.8765, threshold: 0.4 },
    { far: 1e-6, found: 0, tar: 0, threshold: null },
  ],
  identification: {
    ...{ probes: 12, gallery: 6 },
    ranks: [{ rank: 1, rate: 0.75 }],
    tpir: [{ fpir: 0.01, tpir: 0.5, threshold: 0.6 }],
  },
}

/** A result of `arcc eval --all-to-all`. */
export const allToAllResult: AllToAllFile = {
  ...{ version: 1, arcc: '0.1.0', network, genuine: 45, impostors: 735, passes: 1, seconds: 2 },
  set: { name: 'faces', path: '/data/faces', images: 40, people: 4 },
  tarAtFar: [{ far: 1e-6, tar: 0.4321, threshold: 0.5, falseAccepts: 0, trueAccepts: 20 }],
}

/** Writes a result of `arcc eval` into the folder of a run. */
export function writeResult(folder: string, set: string, name: string, text: string): void {
  const place = join(folder, 'evaluations', set)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, name), text)
}

export interface RunParts {
  readonly events?: readonly RunEvent[]
  readonly record?: RunRecord
  readonly plan?: PlanDocument
  readonly evaluations?: readonly EvaluationFile[]
  /** Steps of checkpoints. */
  readonly checkpoints?: readonly number[]
}

/** Writes what is given; the files of a checkpoint are missing, which only `arcc checkpoint verify` notices. */
export function writeRun(
  folder: string,
  { events, record: own, plan, evaluations = [], checkpoints = [] }: RunParts,
): void {
  mkdirSync(folder, { recursive: true })
  if (events !== undefined) writeFileSync(join(folder, 'log.ndjson'), logText(events))
  if (own !== undefined) writeFileSync(join(folder, 'run.json'), encodeRunRecord(own))
  if (plan !== undefined) writeFileSync(join(folder, 'plan.yaml'), stringify(plan))
  for (const file of evaluations) {
    const set = join(folder, 'evaluations', file.set.name)
    mkdirSync(set, { recursive: true })
    writeFileSync(join(set, 'evaluation.json'), encodeEvaluation(file))
  }
  for (const step of checkpoints) {
    const path = join(folder, 'checkpoints', `step-${String(step).padStart(6, '0')}`)
    mkdirSync(path, { recursive: true })
    const facts = {
      experiment: 'small',
      step,
      epoch: 1,
      reason: 'end',
      devices: 2,
      arcc: '0.1.0',
      plan: hash,
      metrics: [],
    } satisfies CheckpointFacts
    const files = [{ name: 'backbone.safetensors', bytes: 4, sha256: hash }]
    writeFileSync(join(path, 'manifest.json'), encodeManifest(createManifest(facts, { classes: 10, files })))
    writeFileSync(join(path, 'backbone.safetensors'), 'abcd')
  }
}
