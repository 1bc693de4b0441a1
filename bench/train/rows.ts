/** What `npm run bench:train` compares: whole training steps of networks, and the head alone. */

export const networks = ['r18', 'r50', 'mbf', 'vit_t'] as const
export type Network = (typeof networks)[number]
export const batches = [16, 32] as const
export type BatchSize = (typeof batches)[number]
export const precisions = ['f32', 'bf16'] as const
export type Precision = (typeof precisions)[number]
export const updates = ['sparse', 'dense'] as const
export type Update = (typeof updates)[number]

/** The layouts of PyTorch's activations. The head has no images: its only one is `nchw`. */
export const layouts = ['nchw', 'channels_last'] as const
export type Layout = (typeof layouts)[number]

/** A training step of a network with 10,000 classes, all of them in each step. */
export interface NetworkRow {
  readonly kind: 'network'
  readonly network: Network
  /** Images of a step. */
  readonly batch: BatchSize
  readonly precision: Precision
}

/** A step of the head alone, in f32: 64 embeddings of 512 numbers. */
export interface HeadRow {
  readonly kind: 'head'
  readonly classes: number
  /** Fraction of the classes in each step. */
  readonly rate: number
  /** Which classes a step updates; at rate 1 both are the same. */
  readonly update: Update
}

export type Row = NetworkRow | HeadRow

/** What both sides compute in a row. */
export interface Task {
  /** `undefined` if the embeddings are given, and normalized by one layer, so that their gradient is computed. */
  readonly network?: Network
  readonly precision: Precision
  /** Images, or embeddings, of a step. */
  readonly batch: number
  readonly classes: number
  readonly rate: number
  readonly update: Update
  /** Numbers of an embedding. */
  readonly width: number
  /** CosFace's: subtracted from the cosine of the true class; then all are scaled. */
  readonly margin: number
  readonly scale: number
  /** SGD's: the learning rate, and the decay of all weights. */
  readonly lr: number
  readonly momentum: number
  readonly decay: number
  /** The most that the norm of the network's gradient may be. */
  readonly clip: number
}

export function taskOf(row: Row): Task {
  const recipe = { width: 512, margin: 0.4, scale: 64, lr: 0.02, momentum: 0.9, decay: 5e-4, clip: 5 }
  if (row.kind === 'head') {
    const { classes, rate, update } = row
    return { ...recipe, precision: 'f32', batch: 64, classes, rate, update }
  }
  const { network, batch, precision } = row
  return { ...recipe, network, precision, batch, classes: 10_000, rate: 1, update: 'sparse' }
}

const heads: readonly Omit<HeadRow, 'classes'>[] = [
  { kind: 'head', rate: 1, update: 'sparse' },
  { kind: 'head', rate: 0.1, update: 'sparse' },
  { kind: 'head', rate: 0.1, update: 'dense' },
]

/** Every row, in the order of the table. */
export const allRows: readonly Row[] = [
  ...precisions.flatMap((precision) =>
    batches.flatMap((batch) => networks.map((network): Row => ({ kind: 'network', network, batch, precision }))),
  ),
  ...[100_000, 1_000_000].flatMap((classes) => heads.map((head): Row => ({ ...head, classes }))),
]

/** `r18, batch 16, f32`; `head, 100,000 classes, rate 0.1, sparse`. */
export function rowName(row: Row): string {
  if (row.kind === 'network') return `${row.network}, batch ${row.batch}, ${row.precision}`
  const update = row.rate === 1 ? '' : `, ${row.update}`
  return `head, ${row.classes.toLocaleString('en-US')} classes, rate ${row.rate}${update}`
}

/** Which rows to compare; what is undefined selects all. Figures are as typed: `16`, `100000`. */
export interface Selection {
  /** Names of networks, and `head`. */
  readonly only?: readonly string[] | undefined
  readonly batch?: string | undefined
  readonly precision?: string | undefined
  readonly classes?: string | undefined
}

/** The selected rows; none if nothing fits. A batch or a precision selects no head, and a number of classes no network. */
export function selectRows({ only, batch, precision, classes }: Selection): readonly Row[] {
  return allRows.filter((row) => {
    if (row.kind === 'head')
      return (
        batch === undefined &&
        precision === undefined &&
        (only?.includes('head') ?? true) &&
        (classes === undefined || Number(classes) === row.classes)
      )
    return (
      classes === undefined &&
      (only?.includes(row.network) ?? true) &&
      (batch === undefined || Number(batch) === row.batch) &&
      (precision === undefined || precision === row.precision)
    )
  })
}
