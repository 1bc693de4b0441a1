/** Experiment → plan: the graphs, and the document that describes them. */
import type { DiagnosticBag } from '../../grammar/diagnostic.ts'
import type { Experiment, RequireSpec } from '../experiment.ts'
import type { Host } from '../host.ts'
import { opCosts } from '../ir/cost.ts'
import { byteSize, elementCount } from '../ir/dtype.ts'
import type { Graph } from '../ir/graph.ts'
import { buildGraphs, type Graphs } from '../step/graphs.ts'
import { listCollectives } from './collectives.ts'
import type { PlanDocument } from './document.ts'
import { buildLedger } from './ledger.ts'
import { type Lengths, planLengths } from './lengths.ts'
import { planDiagnostic } from './messages.ts'
import type { Plan } from './plan.ts'
import { showBytes, showQuantity } from './show.ts'
import { estimateTime } from './time.ts'

/** Builds the plan of an experiment; `undefined` after errors. `file` is where it was declared, for people. */
export function buildPlan(experiment: Experiment, file: string, host: Host, bag: DiagnosticBag): Plan | undefined {
  const lengths = planLengths(experiment, host, bag)
  if (lengths === undefined) return undefined
  const graphs = buildGraphs(experiment, lengths, { images: 'u8' })
  if (graphs === undefined) return undefined
  const document = describe(experiment, file, lengths, graphs)
  checkFit(experiment, document, bag)
  for (const require of experiment.requires) checkRequire(require, document, bag)
  const { slots, shards, embedState } = graphs
  return {
    name: experiment.name,
    document,
    replicas: lengths.replicas,
    state: slots.map((slot) => slot.tensor),
    shards,
    graphs,
    embedState,
    run: {
      dataset: experiment.dataset,
      evaluate: experiment.evaluate,
      machine: experiment.machine,
      batchPerDevice: experiment.train.batchPerDevice,
      epochs: lengths.epochs,
      steps: lengths.steps,
      stepsPerEpoch: lengths.stepsPerEpoch,
      flip: experiment.train.flip,
      seed: experiment.train.seed,
      image: experiment.backbone.input,
      embedding: experiment.backbone.embedding,
      classes: lengths.classes,
    },
  }
}

function describe(experiment: Experiment, file: string, lengths: Lengths, graphs: Graphs): PlanDocument {
  const { backbone, centers, dataset, machine, margin, optimizer, schedule, train } = experiment
  const state = graphs.slots.map((slot) => slot.tensor)
  const count = (role: 'parameter' | 'buffer') =>
    state.filter((t) => t.role === role).reduce((sum, t) => sum + elementCount(t.shape), 0)
  const centerBytes = state
    .filter((t) => t.role === 'centers' || t.role === 'centers_optimizer')
    .reduce((sum, t) => sum + byteSize(t), 0)
  const rates = Array.from({ length: 11 }, (_, tenth) => {
    const step = Math.round((tenth / 10) * Math.max(0, lengths.steps - 1))
    return optimizer.lr * schedule.factorAt(step, lengths.steps, lengths.stepsPerEpoch)
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
      buffers: count('buffer'),
      multiplyAdds: multiplyAdds(graphs.step, train.batchPerDevice),
      precision: train.precision,
    },
    centers: {
      margin: margin.text,
      classes: lengths.classes,
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
    },
    schedule: {
      batchPerDevice: train.batchPerDevice,
      batch: lengths.batch,
      stepsPerEpoch: lengths.stepsPerEpoch,
      epochs: lengths.epochs,
      steps: lengths.steps,
      optimizer: optimizer.text,
      schedule: schedule.text,
      rates,
    },
    machine: {
      name: machine.name,
      nodes: machine.nodes,
      devicesPerNode: machine.devicesPerNode,
      device: machine.device.name,
      kind: machine.device.kind,
      memoryPerDevice: Math.round(machine.device.memory),
      ...(machine.device.source === undefined ? {} : { source: machine.device.source }),
    },
    memory: buildLedger(graphs.step, state, machine.device),
    collectives: listCollectives(graphs.step),
    time: estimateTime(graphs.step, machine, lengths),
    graphs: [graphs.step].map((graph) => ({
      name: graph.name,
      ops: graph.ops.length,
      inputs: graph.inputs.length,
      outputs: graph.outputs.length,
      flops: flops(graph),
    })),
  }
}

/** Of one image's forward pass: half the operations of its convolutions and products. */
function multiplyAdds(step: Graph, batch: number): number {
  const products = opCosts(step).filter(
    (cost) => cost.op.origin.phase === 'forward' && (cost.class === 'conv' || cost.class === 'matmul'),
  )
  return Math.round(products.reduce((sum, cost) => sum + cost.flops * cost.times, 0) / 2 / batch)
}

/** Operations of one run of a graph on one device. */
function flops(graph: Graph): number {
  return Math.round(opCosts(graph).reduce((sum, cost) => sum + cost.flops * cost.times, 0))
}

function checkFit(experiment: Experiment, { memory }: PlanDocument, bag: DiagnosticBag): void {
  if (memory.fits) return
  const largest = memory.lines.reduce((a, b) => (b.bytes > a.bytes ? b : a))
  bag.add(
    planDiagnostic(
      'ARC5004',
      {
        peak: showBytes(memory.peak),
        capacity: showBytes(memory.capacity),
        device: experiment.machine.device.name,
      },
      experiment.train.spans.batch,
      { notes: [`the largest part is ${largest.name}: ${showBytes(largest.bytes)}`] },
    ),
  )
}

function checkRequire(require: RequireSpec, document: PlanDocument, bag: DiagnosticBag): void {
  const planned = {
    'memory.peak': document.memory.peak,
    throughput: document.time.samplesPerSecond,
    'step.time': document.time.secondsPerStep,
  }[require.quantity]
  const holds = {
    '<': planned < require.bound,
    '<=': planned <= require.bound,
    '>': planned > require.bound,
    '>=': planned >= require.bound,
  }[require.operator]
  if (holds) return
  bag.add(
    planDiagnostic(
      'ARC5003',
      {
        quantity: require.quantity,
        planned: showQuantity(require.quantity, planned),
        required: `${require.operator} ${showQuantity(require.quantity, require.bound)}`,
      },
      require.span,
      { label: `planned: ${showQuantity(require.quantity, planned)}` },
    ),
  )
}
