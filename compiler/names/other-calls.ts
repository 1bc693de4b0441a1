/** Layers, optimizers and schedules of PyTorch: what they are called here, and their arguments in order. */
import { own } from '../types/own.ts'

/** Arguments there are named by arguments here; those without a name here are left out, since the layer or the run knows them. */
export interface OtherCall {
  readonly name: string
  readonly arguments: readonly (readonly [theirs: string, ours: string | undefined])[]
  /** Arguments here that mean what is meant there without them, where the defaults differ. */
  readonly defaults?: readonly (readonly [ours: string, value: string])[]
}

const NONE = undefined
const WINDOW = [
  ['kernel_size', 'kernel'],
  ['stride', 'stride'],
  ['padding', 'padding'],
] as const
const INPLACE = [['inplace', NONE]] as const

const otherCalls: Readonly<Record<string, OtherCall>> = {
  Conv2d: {
    name: 'conv',
    arguments: [
      ['in_channels', NONE],
      ['out_channels', 'channels'],
      ...WINDOW,
      ['dilation', 'dilation'],
      ['groups', 'groups'],
      ['bias', 'bias'],
    ],
    defaults: [
      ['padding', '0'],
      ['bias', 'true'],
    ],
  },
  Linear: {
    name: 'linear',
    arguments: [
      ['in_features', NONE],
      ['out_features', 'features'],
      ['bias', 'bias'],
    ],
  },
  BatchNorm2d: {
    name: 'batch_norm',
    arguments: [
      ['num_features', NONE],
      ['eps', 'epsilon'],
      ['momentum', 'momentum'],
    ],
  },
  BatchNorm1d: {
    name: 'batch_norm',
    arguments: [
      ['num_features', NONE],
      ['eps', 'epsilon'],
      ['momentum', 'momentum'],
    ],
  },
  LayerNorm: {
    name: 'layer_norm',
    arguments: [
      ['normalized_shape', NONE],
      ['eps', 'epsilon'],
    ],
  },
  PReLU: {
    name: 'prelu',
    arguments: [
      ['num_parameters', NONE],
      ['init', 'start'],
    ],
  },
  ReLU: { name: 'relu', arguments: INPLACE },
  ReLU6: { name: 'relu6', arguments: INPLACE },
  SiLU: { name: 'swish', arguments: INPLACE },
  Dropout: { name: 'dropout', arguments: [['p', 'rate'], ...INPLACE] },
  MaxPool2d: { name: 'max_pool', arguments: WINDOW },
  AvgPool2d: { name: 'average_pool', arguments: WINDOW },
  AdaptiveAvgPool2d: { name: 'average_pool', arguments: [['output_size', NONE]] },
  Flatten: {
    name: 'flatten',
    arguments: [
      ['start_dim', NONE],
      ['end_dim', NONE],
    ],
  },
  StepLR: {
    name: 'step_decay',
    arguments: [
      ['optimizer', NONE],
      ['step_size', 'every'],
      ['gamma', 'gamma'],
    ],
  },
  MultiStepLR: {
    name: 'multistep',
    arguments: [
      ['optimizer', NONE],
      ['milestones', 'milestones'],
      ['gamma', 'gamma'],
    ],
  },
  CosineAnnealingLR: {
    name: 'cosine',
    arguments: [
      ['optimizer', NONE],
      ['T_max', NONE],
    ],
  },
  PolynomialLR: {
    name: 'polynomial',
    arguments: [
      ['optimizer', NONE],
      ['total_iters', NONE],
      ['power', 'power'],
    ],
  },
}

export function otherCall(name: string): OtherCall | undefined {
  return own(otherCalls, name)
}

const LIBRARIES: ReadonlySet<string> = new Set([
  'nn',
  'F',
  'torch',
  'torchvision',
  'np',
  'numpy',
  'tf',
  'keras',
  'jnp',
  'timm',
  'mx',
])

/** What files of other trainers call the libraries that they import. */
export function isLibrary(name: string): boolean {
  return LIBRARIES.has(name)
}
