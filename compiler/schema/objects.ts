/** The fields of each object declaration; `methods.ts` has the methods. The checker, the evaluator, the docs and "did you mean" read these tables. */
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
  lateString,
  link,
  listOf,
  objectOf,
  optional,
  quantity,
  string,
  tolerance,
  unionOf,
} from '../types/type.ts'
import { augmentation } from './augmentation.ts'
import { classJoinings, datasetFormats, labelKinds } from './dataset-formats.ts'
import { experimentBody } from './experiment.ts'
import { methodsOf } from './methods.ts'
import { type ObjectSpec, required, type SectionSpec, withDefault } from './spec.ts'

const rates = {
  doc: 'Published dense peak rates of matrix multiplication by element type.',
  fields: {
    f32: required(flopRate, 'Rate with f32 operands (TF32 counts only where the engine uses it).'),
    f16: withDefault(
      optional(flopRate),
      undefined,
      'Rate with f16 operands and f32 accumulation; default: no faster than f32.',
    ),
    bf16: withDefault(optional(flopRate), undefined, 'Rate with bf16 operands; default: bf16 is not supported.'),
  },
  sections: {},
} as const satisfies SectionSpec

/** A folder or file on the computer that runs the experiment. */
const path = lateString

/** The losses of logits. */
export const marginLosses = ['softmax', 'sigmoid'] as const

export const margin = {
  doc: 'How cosines are mapped to logits.',
  fields: {
    scale: withDefault(float, '64', 'Factor s of every logit.', { min: 0, minOpen: true }),
    loss: withDefault(
      enumOf('loss', marginLosses),
      'softmax',
      '`softmax`: cross entropy over the classes. `sigmoid`: the sum over the classes of a binary cross entropy each, one versus all.',
    ),
  },
  sections: {},
} as const satisfies SectionSpec

export const optimizer = {
  doc: 'How a gradient updates a weight.',
  fields: { lr: required(float, 'Base learning rate; the schedule multiplies it.', { min: 0 }) },
  sections: {},
} as const satisfies SectionSpec

const schedule = {
  doc: 'The learning rate factor over the run.',
  fields: {},
  sections: {},
} as const satisfies SectionSpec

export const device = {
  doc: 'One accelerator, described by its published figures.',
  fields: {
    kind: required(enumOf('device kind', deviceKinds), 'The kind of device.'),
    name: withDefault(optional(string), undefined, 'Display name: `NVIDIA V100 SXM2 32 GB`.'),
    driver: withDefault(optional(string), undefined, 'Name reported by the driver: `Tesla V100-SXM2-32GB`.'),
    compute: withDefault(optional(float), undefined, 'CUDA compute capability.'),
    memory: required(bytes, 'Memory of one device.', { min: 0, minOpen: true }),
    reserve: withDefault(bytes, '0 B', 'Memory used by the driver, the engine and its libraries.', { min: 0 }),
    bandwidth: required(bandwidth, 'Memory bandwidth.', { min: 0, minOpen: true }),
    source: withDefault(optional(string), undefined, 'Where the figures were published.'),
  },
  sections: { flops: rates },
} as const satisfies SectionSpec

export const machine = {
  doc: 'Devices and how they are linked.',
  fields: {
    nodes: withDefault(int, '1', 'Number of computers.', { min: 1 }),
    devices_per_node: required(int, 'Devices per computer.', { min: 1 }),
    device: required(objectOf('device'), 'The device model.'),
    cores: withDefault(
      optional(int),
      undefined,
      'CPU cores per computer, which decode images; default: the plan does not account for decoding.',
      { min: 1 },
    ),
    local: withDefault(
      bool,
      'false',
      'Whether it is this computer, or several like it; if so, its measured figures (`arcc doctor --write-machine`) are used instead.',
    ),
    source: withDefault(optional(string), undefined, 'Where the figures were published.'),
  },
  sections: {
    links: {
      doc: 'Bandwidth from one device to the others, per direction.',
      fields: {
        within: required(link, 'Between devices of one computer.'),
        between: withDefault(optional(link), undefined, 'Between computers; required for more than one.'),
      },
      sections: {},
    },
  },
} as const satisfies SectionSpec

export const dataset = {
  doc: 'Images and their identities.',
  fields: {
    format: required(enumOf('data set format', datasetFormats), 'The storage format.'),
    root: withDefault(
      optional(path),
      undefined,
      'The folder; for `webdataset` and `parquet` also a file or a pattern of files, for `list` the folder of its paths.',
    ),
    file: withDefault(optional(path), undefined, 'The list of pictures with their labels (`list`).'),
    identities: withDefault(
      optional(int),
      undefined,
      'Identities for training; default: counted if the folder exists.',
      { min: 2 },
    ),
    images: withDefault(optional(int), undefined, 'Total images of those identities; default: counted.', {
      min: 1,
    }),
    per_identity: withDefault(optional(int), undefined, 'Images per identity (`synthetic`).', { min: 1 }),
    holdout: withDefault(
      int,
      '0',
      'Number of identities, taken from the end, that are reserved for verification and never trained on.',
      {
        min: 0,
      },
    ),
    first_label: withDefault(
      int,
      '0',
      'The label of the first class in the records (`recordio`): 1 if labels begin at 1.',
      {
        min: 0,
      },
    ),
    damaged: withDefault(
      unionOf(enumOf('treatment of damaged pictures', ['error']), tolerance),
      'error',
      'What happens when training draws a damaged picture: `error` ends the run; `skip(at_most: 0.1%)` takes the next picture of the set with its label instead, for at most this fraction of the set.',
    ),
    image: withDefault(
      string,
      '""',
      'The column with the pictures (`parquet`) or with their paths (`list`): a name or, in a list, a number from 1; `""`: detected.',
    ),
    label: withDefault(
      string,
      '""',
      'The column with the labels, as for `image`; for `webdataset`, the extension of the files with the labels, or the key of the label in `.json` files.',
    ),
    labels: withDefault(
      enumOf('label_kind', labelKinds),
      'inferred',
      'Whether labels are class numbers, which must be 0 … classes - 1, or names, which are numbered in natural order (`list`, `webdataset`, `parquet`); inferred from the first label.',
    ),
    parts: withDefault(optional(listOf(objectOf('dataset'))), undefined, 'The data sets of a mix (`mixed`).'),
    weights: withDefault(
      listOf(float),
      '[]',
      'Expected share of each set of a mix in an epoch, in any unit (`mixed`); without weights, each picture comes once.',
    ),
    classes: withDefault(
      enumOf('class_joining', classJoinings),
      'apart',
      'The classes of a mix (`mixed`): `apart`, those of one set after those of another; `by_name`, classes with the same name are one class.',
    ),
    seed: withDefault(int, '1', 'Seed of the generator (`synthetic`).'),
    nuisance: withDefault(float, '0.5', 'Strength of the variation in pose, light and other factors (`synthetic`).', {
      min: 0,
      max: 1,
    }),
  },
  sections: {},
} as const satisfies SectionSpec

/** How a verification set is laid out and scored: pairs of pictures, or pairs of templates as in IJB-B and IJB-C. */
export const protocols = ['pairs', 'ijbb', 'ijbc'] as const

export const verification = {
  doc: 'A verification set from a list of pairs of pictures, or in the layout of IJB-B or IJB-C.',
  fields: {
    protocol: withDefault(
      enumOf('protocol', protocols),
      'pairs',
      '`pairs` of pictures in `list`, or pairs of templates of `ijbb` or `ijbc`, whose folders `meta` and `loose_crop` are in `root`.',
    ),
    list: withDefault(
      path,
      '""',
      "The list: LFW's `pairs.txt`, or lines with two pictures and whether they show the same person, separated by commas, tabs or spaces.",
    ),
    root: withDefault(
      path,
      '""',
      'The folder that names and paths in the list are relative to (`""`: that of the list), or the folder of IJB-B or IJB-C.',
    ),
  },
  sections: {},
} as const satisfies SectionSpec

/** How the center of a class that has none in the weights is made: from pictures of the class, or drawn at random. */
export const newCenters = ['mean', 'random'] as const

export const start = {
  doc: 'Weights that training starts from.',
  fields: {
    path: required(
      path,
      'A run or a checkpoint of arcc, a safetensors file, or a file saved by PyTorch: a state dict, or a dictionary that contains one.',
    ),
    centers: withDefault(
      path,
      '""',
      'The class centers: a PyTorch or safetensors file, one of arcface_torch\'s files per rank (the others are read too), or a run or checkpoint of arcc; `""`: those stored with the weights, if any.',
    ),
    classes: withDefault(
      path,
      '""',
      'A file with a line `class,old class` for each class: whose center it keeps, or `none` for a new one; `""`: that of the class with the same number.',
    ),
    fresh_centers: withDefault(bool, 'false', 'Whether all centers are new, even if some are stored with the weights.'),
    new_centers: withDefault(
      enumOf('new_centers', newCenters),
      'mean',
      'What new centers are: `mean`, the mean embedding of pictures of the class; `random`, random values as without `train.start`.',
    ),
    pictures: withDefault(int, '8', 'Maximum number of pictures of a class whose mean embedding becomes its center.', {
      min: 1,
    }),
    except: withDefault(
      listOf(string),
      '[]',
      'Paths of parts of the network that start with random weights, such as `["fc", "features"]`; their tensors in the file are not used.',
    ),
    keep_optimizer: withDefault(
      bool,
      'false',
      "Whether training continues with the optimizer's state, from a checkpoint of arcc with the same classes.",
    ),
  },
  sections: {},
} as const satisfies SectionSpec

export const objectSpecs: { readonly [K in ObjectKeyword]: ObjectSpec } = {
  margin: { body: margin, methods: methodsOf.margin, states: ['state', 'learn'], requires: 'arguments' },
  optimizer: { body: optimizer, methods: methodsOf.optimizer, states: ['state'], requires: 'arguments' },
  schedule: { body: schedule, methods: methodsOf.schedule, states: [], requires: 'arguments' },
  device: { body: device, methods: methodsOf.device, states: [], requires: 'arguments' },
  machine: { body: machine, methods: methodsOf.machine, states: [], requires: 'arguments' },
  dataset: { body: dataset, methods: methodsOf.dataset, states: [], requires: 'arguments' },
  verification: { body: verification, methods: methodsOf.verification, states: [], requires: 'arguments' },
  start: { body: start, methods: methodsOf.start, states: [], requires: 'arguments' },
  augmentation: { body: augmentation, methods: methodsOf.augmentation, states: [], requires: 'arguments' },
  experiment: { body: experimentBody, methods: methodsOf.experiment, states: [], requires: 'plan' },
}

/** Quantities that a `require` can name, with their dimensions. */
export const requireQuantities = {
  'memory.peak': quantity({ byte: 1 }),
  throughput: quantity({ sample: 1, second: -1 }),
  'step.time': quantity({ second: 1 }),
} as const
