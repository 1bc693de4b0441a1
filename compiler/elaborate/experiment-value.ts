/** An experiment as a value in a `test`: its fields, and the figures of its plan. */
import type { Span } from '../../grammar/source.ts'
import { type Context, Stopped } from '../evaluate/context.ts'
import { number } from '../evaluate/numbers.ts'
import type { Experiment } from '../experiment/experiment.ts'
import type { Declared } from '../names/program.ts'
import { requireQuantities } from '../schema/objects.ts'
import { readableNames } from '../schema/readable.ts'
import type { FieldsValue, Value } from '../values/value.ts'
import { chainOf, resolveDeclared } from './experiment.ts'
import { evaluateFields } from './fields.ts'
import { sectionValue } from './reading.ts'

/** A figure of the plan of an experiment, in base units; `undefined` after reported errors. */
export type PlanFigure = (experiment: Experiment, quantity: keyof typeof requireQuantities) => number | undefined

/** Resolves an experiment with all of its checks. Its fields are read as by its own expressions; its plan is built for a figure. */
export function experimentValue(declared: Declared, context: Context, figure: PlanFigure): Value {
  const { program, host, bag } = context.session
  const experiment = resolveDeclared(program, declared, undefined, [], host, bag)
  const fields = experiment && evaluateFields(chainOf(declared, context), undefined, [], context)
  if (experiment === undefined || fields === undefined) throw new Stopped('the experiment has been reported')
  const planned = (quantity: keyof typeof requireQuantities): Value => {
    const value = figure(experiment, quantity)
    if (value === undefined) throw new Stopped('the plan has been reported')
    return number(value, requireQuantities[quantity].dimension, false)
  }
  const group = (name: string, names: readonly string[], read: FieldsValue['read']): Value => ({
    kind: 'fields',
    name,
    names,
    read,
  })
  const own = readableNames({ scope: new Map() })
  const parts = new Map<string, (span: Span) => Value>([
    ...own.fields.map((name) => [name, (span: Span) => fields.read(name, span)] as const),
    ...own.sections.map((name) => [name, () => sectionValue(name, fields)] as const),
    ['memory', () => group('memory', ['peak'], () => planned('memory.peak'))],
    ['step', () => group('step', ['time'], () => planned('step.time'))],
    ['throughput', () => planned('throughput')],
  ])
  return group(experiment.name, [...parts.keys()], (name, span) => {
    const part = parts.get(name)
    if (part === undefined) throw new Stopped(`no ${name}`)
    return part(span)
  })
}
