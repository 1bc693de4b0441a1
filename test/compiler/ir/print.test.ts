import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import * as ops from '../../../compiler/ir/ops.ts'
import { printGraph } from '../../../compiler/ir/print.ts'
import { allOpCases } from '../../ops/all-op-cases.ts'

describe('printed graphs', () => {
  it('show path, phase and place', () => {
    const source = { path: 'nets/a.arc', text: 'block f(x) {\n  x |> conv(2)\n}\n' }
    const b = new GraphBuilder('step', 2)
    const x = b.input('images', { dtype: 'f32', shape: [1, 4, 4, 1] })
    const w = b.input('weight', { dtype: 'f32', shape: [3, 3, 1, 2] })
    const params = {
      stride: [2, 2],
      padding: [
        [1, 1],
        [1, 1],
      ],
      groups: 1,
    } as const
    const y = b.within({ path: 'stem', span: { source, start: 20, end: 27 } }, () => b.add('conv2d', [x, w], params))
    const z = b.within({ phase: 'update' }, () => ops.multiply(b, y, 0.5))
    expect(printGraph(b.finish([{ name: 'z', value: z }]), { locations: true })).toMatchInlineSnapshot(`
      "graph step, 2 replicas
        inputs:
          %0 = images : f32[1,4,4,1]
          %1 = weight : f32[3,3,1,2]
        ops:
          %2 = conv2d(%0, %1) {stride=[2,2], padding=[[1,1],[1,1]], groups=1} : f32[1,2,2,2]  // stem forward nets/a.arc:2:8
          %3 = constant() {value=0.5} : f32[1,2,2,2]  // update
          %4 = multiply(%2, %3) : f32[1,2,2,2]  // update
        outputs:
          z = %4 : f32[1,2,2,2]
      "
    `)
  })

  it('do not depend on ops that were dropped', () => {
    const build = (extra: boolean) => {
      const b = new GraphBuilder('g', 1)
      const x = b.input('x', { dtype: 'f32', shape: [2] })
      if (extra) ops.tanh(b, x)
      return printGraph(b.finish([{ name: 'y', value: ops.exponential(b, x) }]))
    }
    expect(build(true)).toBe(build(false))
  })

  it('cut long data short and spell 16-bit floats as numbers', () => {
    const b = new GraphBuilder('g', 1)
    const long = ops.constant(
      b,
      { dtype: 'i32', shape: [20] },
      Int32Array.from({ length: 20 }, (_, i) => i),
    )
    const half = ops.constant(b, { dtype: 'f16', shape: [2] }, Uint16Array.of(0x3c00, 0xc000))
    const graph = b.finish([long, half].map((value, i) => ({ name: `y${i}`, value })))
    expect(printGraph(graph)).toMatchInlineSnapshot(`
      "graph g
        ops:
          %0 = constant() {value=[0,1,2,3,4,5,6,7,… 20]} : i32[20]
          %1 = constant() {value=[1,-2]} : f16[2]
        outputs:
          y0 = %0 : i32[20]
          y1 = %1 : f16[2]
      "
    `)
  })

  it('of each op kind stay as they are', () => {
    const first = allOpCases.filter((c, i) => allOpCases.findIndex((other) => other.kind === c.kind) === i)
    const texts = first.map((c) => `// ${c.name}\n${printGraph(c.graph())}`)
    expect(texts.join('\n')).toMatchSnapshot()
  })
})
