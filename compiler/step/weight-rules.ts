/** How each weight of the backbone is updated: with which optimizer, and at which factor of the learning rate. */
import type { Experiment, Optimizer } from '../experiment/experiment.ts'
import { groupOf, isFrozen } from '../experiment/parameter-paths.ts'

/** Weights with the same rule share one object. */
export interface WeightRule {
  readonly optimizer: Optimizer
  /** Of the scheduled learning rate. */
  readonly factor: number
}

/** The rule of a weight by its path; `undefined` if it is frozen. */
export type RuleOf = (path: string) => WeightRule | undefined

/** `matrices` are the weights that `train.decay = matrices` decays. */
export function weightRules(
  { optimizer, undecayed, train }: Pick<Experiment, 'optimizer' | 'undecayed' | 'train'>,
  matrices: ReadonlySet<string>,
): RuleOf {
  const rules: WeightRule[] = []
  return (path) => {
    if (isFrozen(path, train)) return undefined
    const own = matrices.has(path) ? optimizer : (undecayed ?? optimizer)
    const factor = groupOf(path, train)?.factor ?? 1
    const known = rules.find((rule) => rule.optimizer === own && rule.factor === factor)
    if (known !== undefined) return known
    const rule = { optimizer: own, factor }
    rules.push(rule)
    return rule
  }
}
