/** What each object declaration may hold. The checker, the evaluator, the docs and "did you mean" all read these tables. */
import type { ObjectKeyword } from '../../grammar/ast.ts'
import { deviceKinds } from '../ir/device-kind.ts'
import {
  bandwidth,
  bool,
  bytes,
  enumOf,
  float,
  flopRate,
  int,
  link,
  objectOf,
  optional,
  quantity,
  string,
} from '../types/type.ts'
import { datasetFormats } from './dataset-formats.ts'
import { experimentBody } from './experiment.ts'
import { type ObjectSpec, required, type SectionSpec, withDefault } from './spec.ts'

const rates = {
  doc: 'Published dense peak rates of matrix multiplication by element type.',
  fields: {
    f32: required(flopRate, 'Rate with f32 operands (TF32 counts only where the engine uses it).'),
    f16: withDefault(flopRate, undefined, 'Rate with f16 operands and f32 accumulation; left out: no faster than f32.'),
    bf16: withDefault(flopRate, undefined, 'Rate with bf16 operands; left out: the device has none.'),
  },
  sections: {},
} as const satisfies SectionSpec

/** A folder of the computer that runs the experiment. */
const path = { kind: 'string', late: true } as const

export const margin = {
  doc: 'How cosines become logits.',
  fields: { scale: withDefault(float, '64', 'Factor s of every logit.', { min: 0, minOpen: true }) },
  sections: {},
} as const satisfies SectionSpec

export const optimizer = {
  doc: 'How a gradient changes a weight.',
  fields: { lr: required(float, 'Learning rate at factor 1 of the schedule.', { min: 0 }) },
  sections: {},
} as const satisfies SectionSpec

export const device = {
  doc: 'One accelerator, by its published figures.',
  fields: {
    kind: required(enumOf('device kind', deviceKinds), 'What drives it.'),
    name: withDefault(string, undefined, 'For people: `NVIDIA V100 SXM2 32 GB`.'),
    driver: withDefault(string, undefined, 'What its driver calls it: `Tesla V100-SXM2-32GB`.'),
    compute: withDefault(optional(float), undefined, 'CUDA compute capability.'),
    memory: required(bytes, 'Memory of one device.', { min: 0, minOpen: true }),
    reserve: withDefault(bytes, '0 B', 'Taken by the driver, the engine and its libraries.', { min: 0 }),
    bandwidth: required(bandwidth, 'Memory bandwidth.', { min: 0, minOpen: true }),
    source: withDefault(string, undefined, 'Where the figures are published.'),
  },
  sections: { flops: rates },
} as const satisfies SectionSpec

export const machine = {
  doc: 'Devices and how they are linked.',
  fields: {
    nodes: withDefault(int, '1', 'Computers.', { min: 1 }),
    devices_per_node: required(int, 'Devices of one computer.', { min: 1 }),
    device: required(objectOf('device'), 'The kind of device.'),
    cores: withDefault(
      optional(int),
      undefined,
      'CPU cores of one computer, which decode images; left out: the plan takes no time for that.',
      { min: 1 },
    ),
    local: withDefault(
      bool,
      'false',
      'Whether it is this computer, whose measured figures (`arcc doctor --write-machine`) then count instead.',
    ),
    source: withDefault(string, undefined, 'Where the figures are published.'),
  },
  sections: {
    links: {
      doc: 'Bandwidth of one device to the others, each way.',
      fields: {
        within: required(link, 'Between the devices of one computer.'),
        between: withDefault(optional(link), undefined, 'Between computers; wanted for more than one.'),
      },
      sections: {},
    },
  },
} as const satisfies SectionSpec

export const dataset = {
  doc: 'Images and their identities.',
  fields: {
    format: required(enumOf('data set format', datasetFormats), 'How it is stored.'),
    root: withDefault(optional(path), undefined, 'Its folder; not for `synthetic`.'),
    identities: withDefault(
      optional(int),
      undefined,
      'Identities to train on; counted where left out and the folder is there.',
      { min: 2 },
    ),
    images: withDefault(optional(int), undefined, 'Images of those identities in all; counted where left out.', {
      min: 1,
    }),
    per_identity: withDefault(optional(int), undefined, 'Images of each identity (`synthetic`).', { min: 1 }),
    holdout: withDefault(int, '0', 'Identities, the last ones, that are kept for verification and never trained on.', {
      min: 0,
    }),
    seed: withDefault(int, '1', 'Seed of the generator (`synthetic`).'),
    nuisance: withDefault(float, '0.5', 'How strongly pose, light and the rest vary (`synthetic`).', {
      min: 0,
      max: 1,
    }),
  },
  sections: {},
} as const satisfies SectionSpec

export const objectSpecs: { readonly [K in ObjectKeyword]: ObjectSpec } = {
  margin: {
    keyword: 'margin',
    body: margin,
    methods: {
      target: {
        doc: 'The true class: its cosine with the margin applied.',
        required: true,
        parameters: ['cos'],
        result: 'scalar',
      },
      other: {
        doc: 'Every other class; left out: its cosine as it is.',
        required: false,
        parameters: ['cos'],
        result: 'scalar',
      },
    },
    states: false,
    requires: 'arguments',
  },
  optimizer: {
    keyword: 'optimizer',
    body: optimizer,
    methods: {
      update: {
        doc: 'The new weight and states: `{ weight = …, <state> = … }`. `rate` is the scheduled learning rate; `step` counts from 1.',
        required: true,
        parameters: ['weight', 'gradient', 'rate', 'step'],
        result: 'update',
      },
    },
    states: true,
    requires: 'arguments',
  },
  schedule: {
    keyword: 'schedule',
    body: { doc: 'The factor of the learning rate over the run.', fields: {}, sections: {} },
    methods: {
      factor: {
        doc: 'Factor at `step` (from 0) of `total`; `epoch` is the number of steps of one epoch.',
        required: true,
        parameters: ['step', 'total', 'epoch'],
        result: 'scalar',
      },
    },
    states: false,
    requires: 'arguments',
  },
  device: {
    keyword: 'device',
    body: device,
    methods: {},
    states: false,
    requires: 'arguments',
  },
  machine: {
    keyword: 'machine',
    body: machine,
    methods: {},
    states: false,
    requires: 'arguments',
  },
  dataset: {
    keyword: 'dataset',
    body: dataset,
    methods: {},
    states: false,
    requires: 'arguments',
  },
  experiment: { keyword: 'experiment', body: experimentBody, methods: {}, states: false, requires: 'plan' },
}

/** Quantities that a `require` may name, with their dimension. */
export const requireQuantities = {
  'memory.peak': quantity({ byte: 1 }),
  throughput: quantity({ sample: 1, second: -1 }),
  'step.time': quantity({ second: 1 }),
} as const
