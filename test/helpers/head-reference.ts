/**
 * One training step of the head in double precision, class by class and row by row: the expected result of every head of the
 * compiler, for any number of devices and chunks. It uses no code of the compiler.
 *
 * Legend: B rows, C classes; x̂, ŵ are x/|x|, w/|w|; z = x̂·ŵ.
 */

export type Matrix = readonly (readonly number[])[]

/** cos(m1·acos(z) + m2) − m3 for the own class (arXiv:1801.07698, equation 4); others above `filter` count as 0. */
export interface MarginNumbers {
  readonly m1: number
  readonly m2: number
  readonly m3: number
  readonly scale: number
  readonly filter: number | undefined
}

export type OptimizerNumbers =
  | { readonly kind: 'sgd'; readonly momentum: number; readonly decay: number }
  | { readonly kind: 'adamw'; readonly beta1: number; readonly beta2: number; readonly decay: number }

export interface Weights {
  readonly weight: Matrix
  /** States of the optimizer by name. */
  readonly states: ReadonlyMap<string, Matrix>
}

/** The learning rate, and the number of the update, from 1. */
export interface Moment {
  readonly rate: number
  readonly count: number
}

export interface HeadProblem {
  readonly embeddings: Matrix
  readonly labels: readonly number[]
  readonly centers: Weights
  /** The classes of this step, those of the batch among them. */
  readonly taking: readonly number[]
  readonly margin: MarginNumbers
  /** Of the labels, over the classes of the step. */
  readonly smoothing: number
  readonly gradient: 'exact' | 'straight_through'
  /** For classes outside the step: `sparse` leaves them unchanged, with `dense` their gradient is 0. */
  readonly update: 'sparse' | 'dense'
  readonly optimizer: OptimizerNumbers
  readonly moment: Moment
}

export interface HeadSolution {
  readonly loss: number
  /** Gradient of the embeddings. */
  readonly embeddings: Matrix
  readonly centers: Weights
}

export function solveHead(problem: HeadProblem): HeadSolution {
  const { embeddings, labels, centers, taking, margin, smoothing } = problem
  const gradientX = embeddings.map((x) => x.map(() => 0))
  const gradientW = centers.weight.map((w) => w.map(() => 0))
  let loss = 0
  embeddings.forEach((x, row) => {
    const label = labels[row] ?? -1
    const cosines = taking.map((c) => dot(unit(x), unit(rowOf(centers.weight, c))))
    const logits = cosines.map((z, i) => margin.scale * (taking[i] === label ? target(margin, z) : other(margin, z)))
    const largest = Math.max(...logits)
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0)
    taking.forEach((c, i) => {
      const z = at(cosines, i)
      const w = rowOf(centers.weight, c)
      const isOwn = c === label
      const probability = Math.exp(at(logits, i) - largest) / sum
      const wanted = smoothing / taking.length + (isOwn ? 1 - smoothing : 0)
      if (wanted > 0) loss -= (wanted * Math.log(probability)) / embeddings.length
      const ownSlope = problem.gradient === 'exact' ? targetSlope(margin, z) : 1
      const slope = isOwn ? ownSlope : otherSlope(margin, z)
      const ofCosine = ((probability - wanted) * margin.scale * slope) / embeddings.length
      addTo(rowOf(gradientX, row), cosineGradient(x, w, z), ofCosine)
      addTo(rowOf(gradientW, c), cosineGradient(w, x, z), ofCosine)
    })
  })
  return { loss, embeddings: gradientX, centers: updateCenters(problem, gradientW) }
}

/** ∂z/∂x = (ŵ − z·x̂) / |x|. */
function cosineGradient(x: readonly number[], w: readonly number[], z: number): number[] {
  const [ux, uw] = [unit(x), unit(w)]
  return ux.map((e, i) => (at(uw, i) - z * e) / norm(x))
}

function target({ m1, m2, m3 }: MarginNumbers, z: number): number {
  return Math.cos(m1 * Math.acos(z) + m2) - m3
}

function targetSlope({ m1, m2 }: MarginNumbers, z: number): number {
  return (m1 * Math.sin(m1 * Math.acos(z) + m2)) / Math.sqrt(1 - z * z)
}

function other({ filter }: MarginNumbers, z: number): number {
  return filter !== undefined && z > filter ? 0 : z
}

function otherSlope({ filter }: MarginNumbers, z: number): number {
  return filter !== undefined && z > filter ? 0 : 1
}

function updateCenters(problem: HeadProblem, gradient: Matrix): Weights {
  const { centers, optimizer, moment } = problem
  const all = updateWeights(optimizer, moment, centers, gradient)
  if (problem.update === 'dense') return all
  const taking = new Set(problem.taking)
  const keep = (before: Matrix, after: Matrix) => before.map((row, c) => (taking.has(c) ? rowOf(after, c) : row))
  const states = Array.from(
    centers.states,
    ([name, before]) => [name, keep(before, all.states.get(name) ?? [])] as const,
  )
  return { weight: keep(centers.weight, all.weight), states: new Map(states) }
}

/** Applies the optimizer to every weight. */
export function updateWeights(optimizer: OptimizerNumbers, moment: Moment, before: Weights, gradient: Matrix): Weights {
  const names = [...before.states.keys()]
  const weight: number[][] = []
  const states = new Map(names.map((name) => [name, [] as number[][]]))
  before.weight.forEach((row, r) => {
    const results = row.map((w, i) => {
      const own = names.map((name) => at(rowOf(before.states.get(name) ?? [], r), i))
      return updateOne(optimizer, moment, w, at(rowOf(gradient, r), i), own)
    })
    weight.push(results.map((result) => at(result, 0)))
    names.forEach((name, s) => {
      states.get(name)?.push(results.map((result) => at(result, s + 1)))
    })
  })
  return { weight, states }
}

/** The new weight and states, as PyTorch's documentation of SGD and AdamW writes them. */
function updateOne(optimizer: OptimizerNumbers, moment: Moment, w: number, g: number, states: readonly number[]) {
  const { rate, count } = moment
  if (optimizer.kind === 'sgd') {
    const velocity = optimizer.momentum * at(states, 0) + g + optimizer.decay * w
    return [w - rate * velocity, velocity]
  }
  const { beta1, beta2, decay } = optimizer
  const first = beta1 * at(states, 0) + (1 - beta1) * g
  const second = beta2 * at(states, 1) + (1 - beta2) * g * g
  const step = first / (1 - beta1 ** count) / (Math.sqrt(second / (1 - beta2 ** count)) + 1e-8)
  return [w - rate * decay * w - rate * step, first, second]
}

function at(numbers: readonly number[], i: number): number {
  return numbers[i] ?? Number.NaN
}

function rowOf<Row>(matrix: readonly Row[], r: number): Row {
  const row = matrix[r]
  if (row === undefined) throw new Error(`there is no row ${r}`)
  return row
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, e, i) => sum + e * at(b, i), 0)
}

function norm(x: readonly number[]): number {
  return Math.sqrt(dot(x, x))
}

function unit(x: readonly number[]): number[] {
  const length = norm(x)
  return x.map((e) => e / length)
}

function addTo(sum: number[], x: readonly number[], factor: number) {
  x.forEach((e, i) => {
    sum[i] = at(sum, i) + factor * e
  })
}
