/** Errors of the TensorFlow.js engine, ARC602x. */
import { errorsOf } from '../errors.ts'

const catalogue = {
  ARC6020: {
    text: (p: { backend: string; package: string; reason: string }) =>
      `the TensorFlow.js backend "${p.backend}" needs ${p.package}, which cannot be loaded: ${p.reason}`,
    hint: (p: { backend: string; package: string; reason: string }) =>
      `run "npm install ${p.package}", or use the backend "cpu", which needs no extra package`,
  },
  ARC6021: {
    text: (p: { graph: string; value: string }) =>
      `the engine tfjs does not support f64, which ${p.value} of graph ${p.graph} needs`,
    hint: () => 'use the engine xla or f32',
  },
} as const

/** Builds the error of a code, to be thrown. */
export const tfjsError = errorsOf(catalogue)
