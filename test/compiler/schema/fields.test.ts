/** The schema tables: their defaults, and their names in TypeScript. */
import { describe, expect, it } from 'vitest'
import { membersOf } from '../../../compiler/check/fit.ts'
import { staticContext } from '../../../compiler/evaluate/context.ts'
import { defaultOf } from '../../../compiler/evaluate/default.ts'
import { createSession } from '../../../compiler/evaluate/expression.ts'
import { fieldPaths } from '../../../compiler/evaluate/object.ts'
import { showValue } from '../../../compiler/evaluate/show.ts'
import { loadProgram } from '../../../compiler/names/load.ts'
import { objectSpecs } from '../../../compiler/schema/objects.ts'
import { specOf } from '../../../compiler/schema/spec.ts'
import { memberName } from '../../../compiler/schema/values.ts'
import { DiagnosticBag, need } from '../../../grammar/diagnostic.ts'
import { parseExpression } from '../../../grammar/parser/parser.ts'
import { memoryHost } from '../../helpers/diagnose.ts'
import { resolveBody } from '../../helpers/resolve.ts'

describe('defaults', () => {
  const bag = new DiagnosticBag()
  const program = loadProgram({ path: 'test.arc', text: 'let constant = 3\n' }, memoryHost(), bag)
  const context = staticContext(createSession(program, memoryHost(), bag))
  const fields = Object.entries(objectSpecs).flatMap(([keyword, { body }]) =>
    fieldPaths(body).map((path) => ({ name: `${keyword}.${path}`, spec: need(specOf(body, path.split('.')), path) })),
  )
  const given = fields.flatMap(({ name, spec }) =>
    spec.default === undefined ? [] : [{ name, spec, text: spec.default }],
  )

  it.each(given)('$name = $text has the type of its field', ({ spec }) => {
    expect(showValue(defaultOf(spec, context))).not.toBe('')
    expect(bag.hasErrors).toBe(false)
  })

  it('can use names of the standard library but not of the file', () => {
    const { experiment } = resolveBody('', 'schedule constant { factor() = 0 }')
    expect(experiment?.schedule.factorAt(0, 10, 1)).toBe(1)
  })
})

it('every member of an enum is a name in the grammar', () => {
  const members = Object.values(objectSpecs).flatMap(({ body }) =>
    fieldPaths(body).flatMap((path) => membersOf(specOf(body, path.split('.'))?.type)),
  )
  expect(members).toContain('never')
  for (const name of members) {
    const bag = new DiagnosticBag()
    expect(parseExpression({ path: 'test.arc', text: name }, bag)).toMatchObject({ kind: 'Name', name })
    expect(bag.sorted()).toEqual([])
  }
})

it('names of fields in TypeScript', () => {
  expect(['lr', 'sample_rate', 'devices_per_node'].map(memberName)).toEqual(['lr', 'sampleRate', 'devicesPerNode'])
})
