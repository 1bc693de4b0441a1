import { describe, expect, it } from 'vitest'
import { inferRules } from '../../../compiler/ir/infer.ts'
import { evaluate } from '../../helpers/reference.ts'
import { allOpCases } from '../../ops/all-op-cases.ts'

describe('the table of op cases', () => {
  it('covers every op kind', () => {
    const covered = new Set(allOpCases.map((c) => c.kind))
    expect(Object.keys(inferRules).filter((kind) => !covered.has(kind as never))).toEqual([])
  })

  it('names each case once', () => {
    const names = allOpCases.map((c) => c.name)
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  })

  it.each(allOpCases)('$name: the reference gives the types of the outputs', (c) => {
    const graph = c.graph()
    expect(graph.ops.some((op) => op.kind === c.kind)).toBe(true)
    for (const own of evaluate(graph, c.inputs)) {
      expect(own.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(
        graph.outputs.map((output) => output.value.type),
      )
    }
  })
})
