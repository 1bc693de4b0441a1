/** The fields of an `experiment`. */
import { precisions } from '../ir/dtype.ts'
import {
  batch,
  bool,
  duration,
  enumOf,
  float,
  int,
  listOf,
  objectOf,
  optional,
  quantity,
  string,
  unionOf,
} from '../types/type.ts'
import { required, type SectionSpec, withDefault } from './spec.ts'

/** Names of verification sets: `holdout` is made of the data set's held-out identities, the others are `<root>/<name>.bin`. */
export const evaluationSetNames = ['holdout', 'lfw', 'cfp_fp', 'agedb_30', 'calfw', 'cplfw', 'vgg2_fp'] as const

/** What the planner is asked to choose; settling puts a value in its place. */
const auto = 'auto'

/** Where the class centers are. */
export const placements = ['shard', 'replicate'] as const
/** Which centers a step changes. */
export const centerUpdates = ['sparse', 'dense'] as const
/** What the gradient of the margin is. */
export const marginGradients = ['exact', 'straight_through'] as const
/**
 * What the backward pass recomputes instead of keeping, from what keeps most: nothing; normalizations and activations (`cheap`: no
 * convolution and no product twice); or whole blocks of the backbone.
 */
export const recomputations = ['none', 'cheap', 'blocks'] as const
export type Recomputation = (typeof recomputations)[number]
/** How centers are stored, and what the optimizer keeps of them. */
const storedCenters = ['f32', 'bf16'] as const
const storedStates = [...storedCenters, 'int8'] as const

export const centers = {
  doc: 'The class centers: the classification layer.',
  fields: {
    placement: withDefault(
      enumOf('placement', [...placements, auto]),
      'shard',
      '`shard`: each device holds a part of the classes. `replicate`: each holds all of them. `auto`: the faster that fits.',
    ),
    sample_rate: withDefault(
      float,
      '100%',
      'Share of the classes that enter a step (Partial FC); `0%`: only those of the batch.',
      { min: 0, max: 1 },
    ),
    update: withDefault(
      enumOf('center update', centerUpdates),
      'sparse',
      '`sparse`: only the classes of the step change. `dense`: all decay and keep their momentum.',
    ),
    gradient: withDefault(
      enumOf('margin gradient', marginGradients),
      'exact',
      "`straight_through` passes the target's gradient by the margin, as arcface_torch does.",
    ),
    std: withDefault(float, '0.01', 'Standard deviation of the initial centers.', { min: 0, minOpen: true }),
    weights: withDefault(
      enumOf('type of the centers', storedCenters),
      'f32',
      'How the centers are kept; `bf16` is rounded at random, so that small changes add up.',
    ),
    state: withDefault(
      enumOf('type of the state', storedStates),
      'f32',
      'How what the optimizer keeps of the centers is kept; `int8` has one factor for each center.',
    ),
    chunk: withDefault(
      unionOf(enumOf('chunk size', [auto]), quantity({ row: 1 })),
      auto,
      'Centers that the head works on at once: `32768 rows`.',
      { min: 1 },
    ),
  },
  sections: {},
} as const satisfies SectionSpec

export const train = {
  doc: 'The training loop.',
  fields: {
    batch: required(
      unionOf(batch, enumOf('batch size', [auto])),
      '`128 per device`, `1024 global`, or `auto`: the largest that fits.',
    ),
    accumulate: withDefault(
      int,
      '1',
      'Parts of the batch that the backbone works on one after the other: less memory, one more forward pass.',
      { min: 1 },
    ),
    epochs: withDefault(optional(int), undefined, 'Passes over the data; or give `steps`.', { min: 0 }),
    steps: withDefault(optional(int), undefined, 'Steps of the optimizer; or give `epochs`.', { min: 0 }),
    precision: withDefault(enumOf('precision', precisions), 'f32', 'Element type of the convolutions and products.'),
    optimizer: required(objectOf('optimizer'), 'How weights change.'),
    schedule: withDefault(objectOf('schedule'), 'constant()', 'Factor of the learning rate over the run.'),
    clip: withDefault(optional(float), undefined, "Largest norm of the backbone's gradient.", {
      min: 0,
      minOpen: true,
    }),
    batch_norm: withDefault(
      enumOf('batch normalization', ['local', 'synced']),
      'local',
      "Whose statistics normalize in training: the device's own batch, or the batch of all devices.",
    ),
    reduction: withDefault(
      enumOf('precision', precisions),
      'f32',
      "Element type in which the backbone's gradients are summed over the devices: 16 bits halve what travels.",
    ),
    recompute: withDefault(
      enumOf('recomputation', [...recomputations, auto]),
      'none',
      'What the backward pass makes again instead of keeping: `cheap`, normalizations and activations; `blocks`, all inside of a block.',
    ),
    flip: withDefault(bool, 'true', 'Mirror half of the images.'),
    seed: withDefault(int, '2048', 'Seed of initial values, order, mirroring and sampling.', {
      min: 0,
      max: 2 ** 32 - 1,
    }),
  },
  sections: {},
} as const satisfies SectionSpec

export const evaluate = {
  doc: 'Verification during and after training.',
  fields: {
    sets: withDefault(
      listOf(unionOf(enumOf('verification set', evaluationSetNames), string)),
      '[]',
      'Verification sets: names, or paths of `.bin` files.',
    ),
    every: withDefault(optional(duration), undefined, 'How often; left out: before and after training.'),
    pairs: withDefault(int, '600', 'Pairs of the `holdout` set, half of them of one person.', { min: 20 }),
  },
  sections: {},
} as const satisfies SectionSpec

export const checkpoint = {
  doc: 'Weights that are saved during the run.',
  fields: {
    every: withDefault(optional(duration), undefined, 'How often; left out: only at the end.'),
    keep: withDefault(int, '3', 'How many of them stay: the newest.', { min: 1 }),
  },
  sections: {},
} as const satisfies SectionSpec

/** Its fields are those of the experiment itself, each with a list of values. */
const sweep = {
  doc: 'Fields with lists of values: one variant of the experiment for each combination of them.',
  fields: {},
  sections: {},
} as const satisfies SectionSpec

export const experimentBody = {
  doc: 'One training run.',
  fields: {
    dataset: required(objectOf('dataset'), 'Images to train on.'),
    backbone: required({ kind: 'backbone', decl: undefined }, 'From image to embedding.'),
    margin: required(objectOf('margin'), 'From cosine to logit.'),
    machine: required(objectOf('machine'), 'What it runs on.'),
  },
  sections: { centers, train, evaluate, checkpoint, sweep },
} as const satisfies SectionSpec
