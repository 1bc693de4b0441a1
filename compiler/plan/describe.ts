/** Builds the plan document. */
import type { ChangedObject, Experiment, NetworkAddress } from '../experiment/experiment.ts'
import { batchPerDevice } from '../experiment/lengths.ts'
import { lrScale } from '../experiment/lr-scale.ts'
import { opCosts } from '../ir/cost.ts'
import { byteSize, elementCount } from '../ir/dtype.ts'
import type { Graph } from '../ir/graph.ts'
import { isOfCenters } from '../ir/state-tensor.ts'
import type { Candidate } from './candidate.ts'
import { listCollectives } from './collectives.ts'
import type { PlanDocument } from './document.ts'

/** The planner's additions to a plan: its choices for `auto`, and changes that would make it fit. */
type Said = Pick<PlanDocument, 'choices' | 'answers'>
type InsteadOf = Pick<PlanDocument['machine'], 'insteadOf'>

export function describePlan(candidate: Candidate, file: string, said: Said, insteadOf: InsteadOf = {}): PlanDocument {
  const { experiment, lengths, graphs, exchange, kernels, memory, time } = candidate
  const { backbone, centers, dataset, machine, margin, optimizer, schedule, train } = experiment
  const state = graphs.slots.map((slot) => slot.tensor)
  const count = (role: 'parameter' | 'buffer') =>
    state.filter((t) => t.role === role).reduce((sum, t) => sum + elementCount(t.shape), 0)
  const centerBytes = state.filter(isOfCenters).reduce((sum, t) => sum + byteSize(t), 0)
  const scale = lrScale(train, lengths.batch)
  const trained = graphs.slots.filter((slot) => slot.backbone === 'trained')
  const rates = Array.from({ length: 11 }, (_, tenth) => {
    const step = Math.round((tenth / 10) * Math.max(0, lengths.steps - 1))
    return optimizer.lr * scale * schedule.factorAt(step, lengths.steps, lengths.stepsPerEpoch)
  })
  return {
    schema: 1,
    experiment: {
      name: experiment.name,
      file,
      fields: experiment.resolved.map(({ path, text, origin }) => ({ path, value: text, origin })),
    },
    model: {
      backbone: backbone.name,
      embedding: backbone.embedding,
      input: [...backbone.input],
      parameters: count('parameter'),
      ...(train.freeze.length === 0
        ? {}
        : { trained: trained.reduce((sum, { tensor }) => sum + elementCount(tensor.shape), 0) }),
      buffers: count('buffer'),
      multiplyAdds: multiplyAdds(graphs.step, batchPerDevice(experiment)),
      precision: train.precision,
    },
    centers: {
      margin: margin.text,
      classes: lengths.classes,
      ...(centers.perClass === 1 ? {} : { perClass: centers.perClass }),
      placement: centers.placement,
      sampleRate: centers.sampleRate,
      update: centers.update,
      gradient: centers.gradient,
      perDevice: graphs.shards.map((shard) => shard.count),
      sampledPerDevice: graphs.activeRows,
      stateBytesPerDevice: centerBytes,
    },
    data: {
      dataset: dataset.name,
      format: dataset.format,
      identities: lengths.classes,
      images: lengths.images,
      ...(dataset.root === undefined ? {} : { root: dataset.root.pending ?? dataset.root.path }),
      ...(lengths.leftOut === undefined ? {} : { leftOut: lengths.leftOut }),
    },
    schedule: {
      batchPerDevice: batchPerDevice(experiment),
      batch: lengths.batch,
      stepsPerEpoch: lengths.stepsPerEpoch,
      epochs: lengths.epochs,
      steps: lengths.steps,
      optimizer: optimizer.text,
      schedule: schedule.text,
      ...(train.lrScaling === undefined ? {} : { lrScale: scale }),
      rates,
    },
    ...trainingOf(experiment),
    ...logsOf(experiment),
    ...laterOf(experiment),
    machine: {
      name: machine.name,
      nodes: machine.nodes,
      devicesPerNode: machine.devicesPerNode,
      device: machine.device.name,
      kind: machine.device.kind,
      memoryPerDevice: Math.round(machine.device.memory),
      ...(kernels === undefined ? {} : { kernels }),
      ...(machine.device.source === undefined ? {} : { source: machine.device.source }),
      ...insteadOf,
    },
    memory,
    collectives: listCollectives(graphs.step),
    ...(exchange === undefined ? {} : { exchange }),
    time,
    graphs: [graphs.step].map((graph) => ({
      name: graph.name,
      ops: graph.ops.length,
      inputs: graph.inputs.length,
      outputs: graph.outputs.length,
      flops: flops(graph),
    })),
    ...said,
  }
}

/** Fields on how weights are trained that no other part of the document has. */
const weightFields: readonly string[] = [
  'train.freeze',
  'train.lr_groups',
  'train.lr_scaling',
  'train.decay',
  'train.average',
  'train.label_smoothing',
  'centers.optimizer',
]

function trainingOf({ changes }: Experiment): Pick<PlanDocument, 'training'> {
  const { fields, start, augment } = changes
  const weights = fields.filter(({ path }) => weightFields.includes(path))
  if (weights.length === 0 && start === undefined && augment === undefined) return {}
  const object = ({ name, changed }: ChangedObject) => ({ name, changed: changed.map((field) => ({ ...field })) })
  return {
    training: {
      weights: weights.map((field) => ({ ...field })),
      ...(start === undefined ? {} : { start: object(start) }),
      ...(augment === undefined ? {} : { augment: augment.map(object) }),
    },
  }
}

function laterOf({ runRequires }: Experiment): Pick<PlanDocument, 'requiredOfRun'> {
  return runRequires.length === 0 ? {} : { requiredOfRun: runRequires.map(({ text }) => text) }
}

function logsOf({ log }: Experiment): Pick<PlanDocument, 'logs'> {
  const { tensorboard, mlflow, prometheus } = log
  if (!tensorboard && mlflow === undefined && prometheus === undefined) return {}
  return {
    logs: {
      tensorboard,
      ...(mlflow === undefined ? {} : { mlflow: mlflow.pending ?? mlflow.path }),
      ...(prometheus === undefined ? {} : { prometheus: showAddress(prometheus) }),
    },
  }
}

/** `[::1]:9400`: an IPv6 address is in brackets. */
function showAddress({ host, port }: NetworkAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Multiply-adds of the forward pass of one image: half the operations of its convolutions and products. */
function multiplyAdds(step: Graph, batch: number): number {
  const products = opCosts(step).filter(
    (cost) => cost.op.origin.phase === 'forward' && (cost.class === 'conv' || cost.class === 'matmul'),
  )
  return Math.round(products.reduce((sum, cost) => sum + cost.flops * cost.times, 0) / 2 / batch)
}

/** Operations of one execution of a graph on one device. */
function flops(graph: Graph): number {
  return Math.round(opCosts(graph).reduce((sum, cost) => sum + cost.flops * cost.times, 0))
}
