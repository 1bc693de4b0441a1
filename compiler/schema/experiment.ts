/** The fields of an `experiment`. */
import { precisions } from '../ir/dtype.ts'
import {
  average,
  batch,
  bool,
  duration,
  enumOf,
  float,
  int,
  lateString,
  listOf,
  lrScaling,
  objectOf,
  optional,
  quantity,
  rateGroup,
  string,
  tolerance,
  unionOf,
} from '../types/type.ts'
import { required, type SectionSpec, withDefault } from './spec.ts'

/** Names of verification sets: `holdout` uses the held-out identities of the data set, the others are `<root>/<name>.bin`. */
export const evaluationSetNames = ['holdout', 'lfw', 'cfp_fp', 'agedb_30', 'calfw', 'cplfw', 'vgg2_fp'] as const

/** A value that the planner chooses; settling replaces it. */
const auto = 'auto'

/** How class centers are distributed over devices. */
export const placements = ['shard', 'replicate'] as const
/** Which centers a step updates. */
export const centerUpdates = ['sparse', 'dense'] as const
/** How the gradient of the margin is computed. */
export const marginGradients = ['exact', 'straight_through'] as const
/**
 * What the backward pass recomputes instead of keeping, in order of decreasing memory: nothing; normalizations and activations
 * (`cheap`: no convolution or product is computed twice); or whole blocks of the backbone.
 */
export const recomputations = ['none', 'cheap', 'blocks'] as const
export type Recomputation = (typeof recomputations)[number]
/** Weights to which weight decay applies. */
const decayedWeights = ['all', 'matrices'] as const
/** Element types of the centers and of their optimizer state. */
const storedCenters = ['f32', 'bf16'] as const
const storedStates = [...storedCenters, 'int8'] as const

export const centers = {
  doc: 'The class centers: the classification layer.',
  fields: {
    placement: withDefault(
      enumOf('placement', [...placements, auto]),
      'shard',
      '`shard`: each device stores a part of the classes. `replicate`: each device stores all classes. `auto`: the faster one that fits.',
    ),
    per_class: withDefault(
      int,
      '1',
      "Centers of each class (sub-center ArcFace): the cosine of a class is the greatest of its centers', and only that one learns.",
      { min: 1, max: 16 },
    ),
    sample_rate: withDefault(
      float,
      '100%',
      'Fraction of the classes used in a step (Partial FC); `0%`: only those in the batch.',
      { min: 0, max: 1 },
    ),
    update: withDefault(
      enumOf('center update', centerUpdates),
      'sparse',
      '`sparse`: a step updates only its classes. `dense`: all classes decay and apply their momentum.',
    ),
    gradient: withDefault(
      enumOf('margin gradient', marginGradients),
      'exact',
      '`straight_through` ignores the margin in the gradient of the target, as arcface_torch does.',
    ),
    optimizer: withDefault(
      optional(objectOf('optimizer')),
      undefined,
      'The update rule of the centers, with its own learning rate: `sgd(lr: 0.1)`; default: `train.optimizer`.',
    ),
    std: withDefault(float, '0.01', 'Standard deviation of the initial centers.', { min: 0, minOpen: true }),
    weights: withDefault(
      enumOf('type of the centers', storedCenters),
      'f32',
      'Element type of the centers; `bf16` uses stochastic rounding, so that small updates accumulate.',
    ),
    state: withDefault(
      enumOf('type of the state', storedStates),
      'f32',
      "Element type of the centers' optimizer state; `int8` stores one scale per class.",
    ),
    chunk: withDefault(
      unionOf(enumOf('chunk size', [auto]), quantity({ row: 1 })),
      auto,
      'Centers that the head processes at once: `32768 rows`.',
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
      'Parts of the batch that the backbone processes in sequence: less memory, one extra forward pass.',
      { min: 1 },
    ),
    epochs: withDefault(optional(int), undefined, 'Passes over the data; alternatively, set `steps`.', { min: 0 }),
    steps: withDefault(optional(int), undefined, 'Optimizer steps; alternatively, set `epochs`.', { min: 0 }),
    precision: withDefault(enumOf('precision', precisions), 'f32', 'Element type of convolutions and matrix products.'),
    optimizer: required(objectOf('optimizer'), 'The update rule of the weights.'),
    schedule: withDefault(objectOf('schedule'), 'constant()', 'Learning rate factor over the run.'),
    start: withDefault(
      optional(objectOf('start')),
      undefined,
      'Weights to start from: `weights("backbone.pt")`; default: random initial weights.',
    ),
    decay: withDefault(
      enumOf('decayed weights', decayedWeights),
      'all',
      "Weights that the optimizer's `weight_decay` applies to: `all`, as in arcface_torch, or `matrices`, only those of convolutions and matrix products, not biases, slopes, position embeddings, or scales and offsets of normalizations.",
    ),
    lr_groups: withDefault(
      listOf(rateGroup),
      '[]',
      'Factors of the learning rate for parts of the backbone: `[group("layer4", factor: 0.1)]`; of several that match a weight, the longest path applies.',
    ),
    freeze: withDefault(
      listOf(string),
      '[]',
      'Paths of parts of the backbone that training leaves unchanged: `["conv1", "layer1"]`; `["*"]` is all of it.',
    ),
    lr_scaling: withDefault(
      optional(lrScaling),
      undefined,
      'How learning rates scale with the global batch size: `linear_scaling(reference: 512)` or `sqrt_scaling(…)`; default: not at all.',
    ),
    average: withDefault(
      optional(average),
      undefined,
      'A moving average of the weights, such as `ema(decay: 0.9999)`, that is verified and saved in their place.',
    ),
    label_smoothing: withDefault(
      float,
      '0',
      'Fraction of the target probability that is spread evenly over the classes of the step.',
      { min: 0, max: 1, maxOpen: true },
    ),
    clip: withDefault(optional(float), undefined, "Maximum norm of the backbone's gradient.", {
      min: 0,
      minOpen: true,
    }),
    batch_norm: withDefault(
      enumOf('batch normalization', ['local', 'synced']),
      'local',
      "Statistics used in training: those of the device's own batch, or of the batch over all devices.",
    ),
    reduction: withDefault(
      enumOf('precision', precisions),
      'f32',
      "Element type in which the backbone's gradients are summed over devices: 16 bits halve the traffic.",
    ),
    recompute: withDefault(
      enumOf('recomputation', [...recomputations, auto]),
      'none',
      'What the backward pass recomputes instead of keeping: `cheap`, normalizations and activations; `blocks`, everything inside a block.',
    ),
    augment: withDefault(
      listOf(unionOf(objectOf('augmentation'), listOf(objectOf('augmentation')))),
      '[flip()]',
      'Random changes of the training images, in this order, except that `flip` is always last; `[]` for none.',
    ),
    workers: withDefault(
      optional(int),
      undefined,
      'Number of threads that decode images; `0`: the main thread decodes them; default: depends on the number of cores. Results do not depend on it.',
      { min: 0, max: 64 },
    ),
    on_non_finite: withDefault(
      unionOf(enumOf('treatment of steps that are not finite', ['stop']), tolerance),
      'stop',
      'What happens when the loss or the gradient of a step is not finite: `stop` ends the run with the state before the step; `skip(at_most: 0.1%)` goes back to the last checkpoint and skips the batch, for at most this fraction of the steps.',
    ),
    watchdog: withDefault(
      optional(unionOf(enumOf('watchdog', ['never']), quantity({ second: 1 }))),
      undefined,
      'The longest time that a step or a read may take, such as `20 min`; after that, the run ends with an error. Default: 30 minutes, or 20 times the slowest step so far if that is longer; `never`: no limit.',
      { min: 1 },
    ),
    seed: withDefault(int, '2048', 'Seed for initial values, order, augmentation and sampling.', {
      min: 0,
      max: 2 ** 32 - 1,
    }),
  },
  sections: {},
  former: { flip: 'mirroring is now one of the augmentations: `augment = []` for none; the default is `[flip()]`' },
} as const satisfies SectionSpec

export const evaluate = {
  doc: 'Verification during and after training.',
  fields: {
    sets: withDefault(
      listOf(unionOf(enumOf('verification set', evaluationSetNames), string, objectOf('verification'))),
      '[]',
      'Verification sets: names, paths of `.bin` files, or lists of pairs: `pairs("lfw/pairs.txt", root: "lfw")`.',
    ),
    every: withDefault(optional(duration), undefined, 'Interval; default: before and after training.'),
    pairs: withDefault(int, '600', 'Number of pairs in the `holdout` set; half of them show the same person.', {
      min: 20,
    }),
  },
  sections: {},
} as const satisfies SectionSpec

export const checkpoint = {
  doc: 'The state of training saved during the run, from which it can be resumed.',
  fields: {
    every: withDefault(optional(duration), undefined, 'Interval; default: only at the end.'),
    keep: withDefault(int, '3', 'Number of checkpoints to keep; older ones are deleted.', { min: 1 }),
    best: withDefault(
      optional(unionOf(enumOf('verification set', evaluationSetNames), string)),
      undefined,
      'One of `evaluate.sets`, such as `lfw`: the checkpoint with the highest accuracy on it is kept in addition to the newest.',
    ),
  },
  sections: {},
} as const satisfies SectionSpec

export const log = {
  doc: 'Logs in addition to `log.ndjson` in the run folder. None of them can end a run.',
  fields: {
    tensorboard: withDefault(
      bool,
      'false',
      'Whether to write TensorBoard event files to `tensorboard/` in the run folder.',
    ),
    mlflow: withDefault(
      optional(lateString),
      undefined,
      'The URL of an MLflow tracking server: `"http://127.0.0.1:5000"` or `env("MLFLOW_TRACKING_URI")`.',
    ),
    prometheus: withDefault(
      optional(unionOf(int, string)),
      undefined,
      'Where Prometheus reads metrics: a port, which only this computer can reach, or an address with a port, such as `"0.0.0.0:9400"`.',
    ),
  },
  sections: {},
} as const satisfies SectionSpec

/** The section of `sweep` whose fields take their values together. */
export const zipName = 'zip'

/** The fields of a sweep are those of the experiment, each with a list of values. */
const sweep = {
  doc: 'Fields with lists of values: each combination is one variant of the experiment.',
  fields: {},
  sections: {},
} as const satisfies SectionSpec

export const experimentBody = {
  doc: 'One training run.',
  fields: {
    dataset: required(objectOf('dataset'), 'Training images.'),
    backbone: required({ kind: 'backbone', decl: undefined }, 'The network from image to embedding.'),
    margin: required(objectOf('margin'), 'The function from cosine to logit.'),
    machine: required(objectOf('machine'), 'The devices it runs on.'),
  },
  sections: { centers, train, evaluate, checkpoint, log, sweep },
} as const satisfies SectionSpec
