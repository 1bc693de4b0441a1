/** `require` on figures that only the run has: the accuracy on a verification set, the loss, the speed. */
import type { Expr, RequireEntry } from '../../grammar/ast.ts'
import { textOf } from '../../grammar/source.ts'
import { didYouMean, nearest } from '../../grammar/suggest.ts'
import { type Context, type Env, fail } from '../evaluate/context.ts'
import { describe } from '../evaluate/show.ts'
import { comparisons, type RunRequirement } from '../experiment/experiment.ts'
import { isRunFigure, runFigureType, setOfAccuracy } from '../schema/run-figures.ts'
import { sameDimension } from '../types/dimension.ts'

/** The path of a figure, without spaces; `undefined` if the expression is none. */
function pathOf(expr: Expr): string | undefined {
  if (expr.kind !== 'Name' && expr.kind !== 'Member') return undefined
  return textOf(expr.span).replace(/\s/g, '')
}

/** Whether a requirement is checked when the run ends, not in its plan. */
export function isOfRun({ condition }: RequireEntry): boolean {
  return condition.kind === 'Binary' && isRunFigure(pathOf(condition.left) ?? '')
}

/** `sets` are the names of the verification sets; `undefined` if they are known only when the run starts. */
export function resolveRunRequirement(
  { condition }: RequireEntry,
  env: Env,
  sets: readonly string[] | undefined,
  context: Context,
): RunRequirement {
  const text = textOf(condition.span).replace(/\s+/g, ' ')
  const wrong = (): never => fail(context, 'ARC4215', { found: `\`${text}\`` }, condition.span)
  if (condition.kind !== 'Binary') return wrong()
  const operator = comparisons.find((known) => known === condition.operator) ?? wrong()
  const figure = pathOf(condition.left) ?? wrong()
  const bound = context.session.evaluate(condition.right, env, context)
  const { span } = condition.right
  const types = runFigureType(figure)
  const isFitting = bound.kind === 'number' && types.some((type) => sameDimension(bound.dimension, type.dimension))
  if (bound.kind !== 'number' || !isFitting)
    return fail(context, 'ARC4002', { found: describe(bound), wanted: 'a plain number' }, span)
  const set = setOfAccuracy(figure)
  if (set === undefined) return { figure, set, operator, bound: bound.value, text }
  if (sets !== undefined && !sets.includes(set)) {
    const meant = nearest(set, sets)
    const known = sets.length === 0 ? 'no verification sets are set' : `the sets are ${sets.join(', ')}`
    const at = condition.left.span
    const edit = didYouMean(meant && `verification.${meant}.accuracy`, at)
    return fail(context, 'ARC4282', { set }, at, { notes: [known], ...edit })
  }
  if (bound.value < 0 || bound.value > 1) {
    const isPercent = bound.value > 1 && bound.value <= 100 && condition.right.kind === 'Number'
    const end = { ...span, start: span.end }
    const fix = { message: `write \`${textOf(span)}%\``, span: end, replacement: '%' }
    return fail(context, 'ARC4283', { found: bound.value }, span, isPercent ? { fix } : {})
  }
  return { figure, set, operator, bound: bound.value, text }
}
