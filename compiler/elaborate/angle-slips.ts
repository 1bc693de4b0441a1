/** Angles of margins in what is surely the wrong unit: `0.5 deg` for 0.5 rad, `28.6 rad` for 28.6 deg. */
import type { Parameter } from '../../grammar/ast.ts'
import type { Fix } from '../../grammar/diagnostic.ts'
import { type Span, textOf } from '../../grammar/source.ts'
import type { AngleUnit } from '../check/show-type.ts'
import type { Context } from '../evaluate/context.ts'
import { sameDimension } from '../types/dimension.ts'
import { angle } from '../types/type.ts'
import { evaluateDiagnostic } from '../values/messages.ts'
import type { ObjectValue, Value } from '../values/value.ts'

/** A margin as large as in most papers, in rad: what an angle without a default is compared with. */
const usual = 0.5

const degree = Math.PI / 180

/** Whether a number has so few digits that it was probably written as it is, in this unit. */
function isWritten(value: number): boolean {
  return Math.abs(Number(value.toPrecision(4)) - value) <= 1e-9 * Math.abs(value)
}

/** The unit that was probably meant; `undefined` if the angle is plausible. A margin is seldom twice its default. */
function meantUnit(radians: number, normal: number): { readonly count: number; readonly unit: AngleUnit } | undefined {
  const size = Math.abs(radians)
  const degrees = radians / degree
  if (size > Math.PI && isWritten(radians)) return { count: radians, unit: 'deg' }
  const isSmall = size > 0 && Math.abs(degrees) < 2 * normal
  // `toPrecision` removes what the conversion has added.
  if (isSmall && isWritten(degrees) && !isWritten(radians))
    return { count: Number(degrees.toPrecision(4)), unit: 'rad' }
  return undefined
}

function numberOf(value: Value | undefined): number | undefined {
  return value?.kind === 'number' && sameDimension(value.dimension, angle.dimension) ? value.value : undefined
}

/** The default of a parameter as a number of radians, if it is written as a number. */
function defaultOf(
  { default: initial }: Parameter,
  { session, ...context }: Context,
  module: ObjectValue['module'],
): number | undefined {
  if (initial?.kind !== 'Number') return undefined
  return numberOf(session.evaluate(initial, { module, locals: undefined }, { session, ...context }))
}

function fixAt(span: Span, replacement: string): { readonly fix?: Fix } {
  if (!/^[\d._]+(?:e-?\d+)? ?(?:deg|rad)$/.test(textOf(span))) return {}
  return { fix: { message: `write \`${replacement}\``, span, replacement } }
}

/** Warns of the angles among the arguments of a margin, and among the defaults that its file declares. */
export function checkAngles(object: ObjectValue, context: Context): void {
  for (const parameter of object.decl.parameters) {
    const name = parameter.name.text
    const radians = numberOf(object.arguments.get(name))
    if (radians === undefined) continue
    const given = object.places.get(name)
    const initial = given === undefined ? undefined : defaultOf(parameter, context, object.module)
    const meant = meantUnit(radians, initial !== undefined && initial > 0 ? initial : usual)
    if (meant === undefined) continue
    const found = meant.unit === 'rad' ? `${meant.count} deg` : `${meant.count} rad`
    const other = meant.unit === 'rad' ? `${showAngle(radians)} rad` : `${showAngle(radians / degree)} deg`
    const replacement = `${meant.count} ${meant.unit}`
    const span = given ?? parameter.default?.span ?? object.span
    const params = { name, found, other, meant: replacement }
    context.session.bag.add(evaluateDiagnostic('ARC4307', params, span, fixAt(span, replacement)))
  }
}

function showAngle(value: number): string {
  return `${Number(value.toPrecision(3))}`
}
