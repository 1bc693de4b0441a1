/**
 * Values of an experiment's fields as its own expressions read them: `0.1 * train.batch / 512`. A field is evaluated when it is first
 * read, in the experiment that is run: what a base experiment writes reads the fields of the one that extends it.
 */
import type { Span } from '../../grammar/source.ts'
import { bindLazily, type Context, type Env, fail, Stopped } from '../evaluate/context.ts'
import { number } from '../evaluate/numbers.ts'
import { fieldOf } from '../evaluate/object.ts'
import { describe } from '../evaluate/show.ts'
import { experimentBody } from '../schema/experiment.ts'
import { readableNames } from '../schema/readable.ts'
import type { Value } from '../values/value.ts'

/** A value that is computed once; `open` while it is, `failed` if its mistakes have been reported. */
type Once = Value | 'open' | 'failed'

export interface Reading {
  /** The value of a field as expressions see it; fails with a diagnostic at `span`. */
  read(path: string, span: Span): Value
  /** The value of a field as it is written, evaluated once; throws `Stopped` without a report if it failed before. */
  value(path: string, span: Span): Value
  /** From here on fields can be read; `evaluate` is called once for each. */
  open(evaluate: (path: string) => Value): void
}

/** Nothing can be read until `open` is called: before, not even the variant is known. */
export function createReading(context: Context): Reading {
  const values = new Map<string, Once>()
  const stack: string[] = []
  let evaluate: ((path: string) => Value) | undefined
  const value = (path: string, span: Span): Value => {
    if (evaluate === undefined) return fail(context, 'ARC4276', { path }, span)
    const known = values.get(path)
    if (known === 'failed') throw new Stopped(`\`${path}\` has been reported`)
    if (known === 'open') {
      const chain = [...stack.slice(stack.indexOf(path)), path]
      return fail(context, 'ARC4277', { chain }, span)
    }
    if (known !== undefined) return known
    values.set(path, 'open')
    stack.push(path)
    try {
      const result = evaluate(path)
      values.set(path, result)
      return result
    } finally {
      stack.pop()
      if (values.get(path) === 'open') values.set(path, 'failed')
    }
  }
  const read = (path: string, span: Span): Value => {
    const found = value(path, span)
    if (path !== 'train.batch') return found
    if (found.kind !== 'batch') return fail(context, 'ARC4278', { path, found: describe(found) }, span, autoNotes)
    return number(found.scope === 'global' ? found.count : found.count * devices(span))
  }
  const devices = (span: Span): number => {
    const machine = value('machine', span)
    const counts = ['nodes', 'devices_per_node'].map((field) =>
      machine.kind === 'object' ? fieldOf(machine, field, context) : machine,
    )
    return counts.reduce((product, count) => (count.kind === 'number' ? product * count.value : product), 1)
  }
  return {
    read,
    value,
    open(way) {
      evaluate = way
    },
  }
}

const autoNotes = { notes: ['for a learning rate that follows it, set `train.lr_scaling`'] }

/** The scope of a module with the fields and sections of the experiment as its outermost locals. */
export function withFields(module: Env['module'], reading: Reading, span: Span): Env {
  let env: Env = { module, locals: undefined }
  const { fields, sections } = readableNames(module)
  for (const name of fields) env = bindLazily(env, name, () => reading.read(name, span))
  for (const name of sections) env = bindLazily(env, name, () => sectionValue(name, reading))
  return env
}

/** A section whose fields are evaluated when they are read. */
export function sectionValue(name: keyof typeof experimentBody.sections, reading: Pick<Reading, 'read'>): Value {
  const names = Object.keys(experimentBody.sections[name].fields)
  return { kind: 'fields', name, names, read: (field, span) => reading.read(`${name}.${field}`, span) }
}

/** The value of a `let`, evaluated when it is first used: it may read fields. Mistakes are reported once. */
export function lazily(name: string, span: Span, context: Context, compute: () => Value): () => Value {
  let known: Once | undefined
  return () => {
    if (known === 'open') return fail(context, 'ARC4014', { name }, span)
    if (known === 'failed') throw new Stopped(`\`${name}\` has been reported`)
    if (known !== undefined) return known
    known = 'open'
    try {
      known = compute()
      return known
    } finally {
      if (known === 'open') known = 'failed'
    }
  }
}
