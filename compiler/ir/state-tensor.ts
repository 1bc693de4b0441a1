/** The tensors that persist between steps: inputs of the step's graph, and the outputs that replace them. */
import type { DType } from './dtype.ts'
import type { Donation } from './graph.ts'

/** How dims are ordered in arcface_torch's state dict: as in arcc, or a filter [kh,kw,I,O] as [O,I,kh,kw]. */
export const layouts = ['same', 'oihw'] as const

/** A tensor by the name that people and files have for it. */
export interface NamedTensor {
  /** `layer1.0.bn1.weight`, `layer1.0.bn1.weight.velocity`, `layer1.0.bn1.weight.average`, `centers`, `centers.velocity`, `loss_scale.factor`, `margin.mean`, `classes.pictures` */
  readonly name: string
  /** On one device, in the dim order of network code: filters are [kh,kw,I,O]. */
  readonly shape: readonly number[]
  readonly layout: (typeof layouts)[number]
}

/** What follows the name of a weight in that of its average. */
const averageSuffix = '.average'

/** The name of the average of a weight. */
export function averageName(weight: string): string {
  return `${weight}${averageSuffix}`
}

/** The name of the weight that an average is of; other names stay. */
export function averagedName(average: string): string {
  return average.endsWith(averageSuffix) ? average.slice(0, -averageSuffix.length) : average
}

/**
 * How a state tensor stores its contents: one tensor unchanged; one filter [kh,kw,I,O] as [O,kh,kw,I], the order that cuDNN
 * reads; or several vectors, concatenated.
 */
export type Storage = 'whole' | 'ohwi' | 'flat'

/** One tensor that persists between steps: an input of the step, and the output that replaces it. */
export interface StateTensor {
  /** The name of the only tensor in it, or `*vectors`, `*vectors.velocity`, `*statistics`. */
  readonly name: string
  readonly role:
    | 'parameter'
    | 'buffer'
    | 'optimizer'
    | 'average'
    | 'scaler'
    | 'margin'
    | 'centers'
    | 'centers_optimizer'
    | 'class_count'
    | 'count'
  /** As stored on one device. */
  readonly shape: readonly number[]
  readonly dtype: DType
  /** `replicated`: equal on all devices. `local`: each device has its own (running statistics). `sharded`: a part of the classes. */
  readonly placement: 'replicated' | 'local' | 'sharded'
  readonly storage: Storage
  /** In storage order. */
  readonly holds: readonly NamedTensor[]
}

/** The name of the table of the centers. */
export const centersTable = 'centers'

/** What the names of the factors and counters of loss scaling begin with. */
export const lossScalePrefix = 'loss_scale.'

export function isLossScale(name: string): boolean {
  return name.startsWith(lossScalePrefix)
}

/** What the names of the numbers begin with that a margin keeps or learns, and of their optimizer states. */
export const marginPrefix = 'margin.'

export function isOfMargin(name: string): boolean {
  return name.startsWith(marginPrefix)
}

const classesPrefix = 'classes.'

/** The table of the pictures of each class, and the numbers of those of the class with the fewest and of that with the most. */
export const countsTable = `${classesPrefix}pictures`
export const fewestPictures = `${classesPrefix}fewest_pictures`
export const mostPictures = `${classesPrefix}most_pictures`

export function isOfClasses(name: string): boolean {
  return name.startsWith(classesPrefix)
}

/** Whether a tensor says how many pictures classes have: it belongs to the data. */
export function isCount({ role }: Pick<StateTensor, 'role'>): boolean {
  return role === 'class_count' || role === 'count'
}

/** Whether a tensor is one of the network's: a weight or running statistics, which a state dict has. */
export function isOfNetwork({ role }: StateTensor): boolean {
  return role === 'parameter' || role === 'buffer'
}

/** Whether a tensor is trained with the classes: centers, their optimizer state, and the scales of both. */
export function isOfCenters({ role }: StateTensor): boolean {
  return role === 'centers' || role === 'centers_optimizer'
}

/** Whether a tensor has one row per class. */
export function isClassTable(tensor: StateTensor): boolean {
  return isOfCenters(tensor) || tensor.role === 'class_count'
}

/** What a step donates: state tensor i is its input i, and output i takes its memory. The state stays in place. */
export function stateDonation(state: readonly StateTensor[]): Donation {
  return new Map(state.map((_, index) => [index, index]))
}

/** Classes of one device: [start, start + count). */
export interface ClassShard {
  readonly start: number
  readonly count: number
}
