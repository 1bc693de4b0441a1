/** Errors during verification, ARC63xx. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

export const evaluateErrors = errorsOf({
  ARC6301: {
    text: (p) =>
      `verification needs finite embeddings: value ${p.dim} of the embedding of ${p.which} ${p.index} is ${p.value}`,
    hint: () => 'training diverged; reduce the learning rate',
  } satisfies ErrorMessage<{ dim: number; which: string; index: number; value: number }>,
  ARC6302: {
    text: (p) =>
      `verification needs at least ten pairs and both kinds: the set has ${p.same} pairs of one person and ${p.different} of two`,
    hint: () => 'ten folds are tested in turn, each with at least one pair',
  } satisfies ErrorMessage<{ same: number; different: number }>,
})
