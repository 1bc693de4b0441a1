/** The weights of a backbone: those of its outline, unless training has others. */
import { describe, expect, it } from 'vitest'
import { backboneParameters } from '../../../compiler/step/backbone.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { resolveBody } from '../../helpers/resolve.ts'

function backboneOf(name: string, declarations = `use std.backbones: ${name}`) {
  const { experiment, diagnostics } = resolveBody(`  backbone = ${name}`, declarations)
  return need(experiment, diagnostics.map(({ message }) => message).join('; ')).backbone
}

describe('the parameters of a backbone', () => {
  it.each(['mbf', 'r18', 'r50'])('%s: the outline has the parameters and matrices of training', (name) => {
    const backbone = backboneOf(name)
    expect(backbone.outline).toBeDefined()
    const { specs, matrices } = backboneParameters(backbone) ?? {}
    const trained = backboneParameters({ ...backbone, outline: undefined })
    expect(specs).toEqual(trained?.specs)
    expect([...(matrices ?? [])]).toEqual([...(trained?.matrices ?? [])])
  })

  it('are determined once', () => {
    const backbone = backboneOf('r18')
    expect(backboneParameters(backbone)).toBe(backboneParameters(backbone))
  })

  it.each([
    ['in training', 'if training() then x |> linear(4) as extra |> linear(512) as out else x |> linear(512) as out'],
    [
      'for several images',
      'if x.batch > 1 then x |> linear(4) as extra |> linear(512) as out else x |> linear(512) as out',
    ],
  ])('may be others %s', (_, choice) => {
    const declared = `backbone own on Image(112, 112, 3) -> Vector(512) {\n  let x = input |> flatten\n  ${choice}\n}`
    const backbone = backboneOf('own', declared)
    expect(backbone.outline).toBeUndefined()
    expect(backbone.parameters.map(({ path }) => path)).not.toContain('extra.weight')
    expect(backboneParameters(backbone)?.specs.map(({ path }) => path)).toContain('extra.weight')
  })
})
