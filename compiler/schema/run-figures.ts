/** The figures of a run that a `require` can bound; they are checked when it ends. */
import { float, type NumberType, quantity } from '../types/type.ts'

/** `run.loss` is smoothed over about the last fifty steps; `run.samples_per_second` leaves out the first two steps and verification. */
export const runFigures = {
  'run.loss': [float],
  'run.samples_per_second': [float, quantity({ sample: 1, second: -1 })],
} as const satisfies Readonly<Record<string, readonly NumberType[]>>

/** The set of `verification.lfw.accuracy`, that of the last verification. */
export function setOfAccuracy(figure: string): string | undefined {
  return /^verification\.(\w+)\.accuracy$/.exec(figure)?.[1]
}

export function isRunFigure(figure: string): boolean {
  return Object.hasOwn(runFigures, figure) || setOfAccuracy(figure) !== undefined
}

/** The types that the bound of a figure can have. */
export function runFigureType(figure: string): readonly NumberType[] {
  return Object.entries(runFigures).find(([name]) => name === figure)?.[1] ?? [float]
}
