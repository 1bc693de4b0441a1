/** XLA's figures in a plan: as text, in the document, and the progress lines. */
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import { documentWith, exactLine } from '../../../cli/commands/exact.ts'
import { compareWith, renderExact } from '../../../cli/render/exact.ts'
import { formatPlan } from '../../../cli/render/format-plan.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { renderPlan } from '../../../cli/render/plan.ts'
import { planSchema } from '../../../compiler/plan/document.ts'
import type { ExactEvent, ExactFigures } from '../../../runtime/xla/exact/exact-memory.ts'
import { planOf } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'

const mib = 2 ** 20
const figures: ExactFigures = {
  arguments: 678 * mib,
  outputs: 673 * mib,
  alias: 673 * mib,
  temporaries: 5600 * mib,
  peak: 6264 * mib,
  generatedCode: 0,
  seconds: 32.1,
  gpu: 'Tesla V100-SXM2-32GB',
  cached: false,
}

const plan = planOf(experimentText('machine = dgx_v100'), { experiment: 'run' })
/** A ledger with round figures, independent of the planner. */
const ledger = { lines: [], peak: 7500 * mib, capacity: 32 * 1024 * mib, fits: true }
const withLedger = { ...plan, document: { ...plan.document, memory: ledger } }

describe('figures in a plan', () => {
  const document = documentWith(withLedger, figures)

  it('are a section beside the ledger', () => {
    expect(renderExact(document, documentLook).join('\n')).toMatchInlineSnapshot(`
      "Memory by XLA   compiled for Tesla V100-SXM2-32GB in 32.1 s
        arguments      678 MiB   state and inputs
        temporaries   5.47 GiB   activations, gradients, workspaces; one allocation
        new outputs        0 B   results that do not reuse an argument
        reserve       1.20 GiB   driver, engine, libraries; not counted by XLA
        total         7.33 GiB   23 % of 32.0 GiB
        peak          6.12 GiB   excluding the reserve; the ledger's 6.12 GiB is 0.1 % above"
    `)
    expect(renderPlan(document, documentLook).at(-1)).toContain('Fits: 7.33 GiB of 32.0 GiB')
    expect(renderExact(plan.document, documentLook)).toEqual([])
  })

  it('overrule the ledger', () => {
    const much = documentWith(withLedger, { ...figures, temporaries: 40 * 1024 * mib })
    expect(much.exact?.fits).toBe(false)
    expect(renderPlan(much, documentLook).at(-1)).toContain('Does not fit')
  })

  it('are in the document, as its schema says', async () => {
    const valid = new Ajv({ allErrors: true }).compile(planSchema)
    expect(valid(document), JSON.stringify(valid.errors)).toBe(true)
    const { name, file } = document.experiment
    const lines = await formatPlan({ name, file, plan: document, diagnostics: [] }, 'json', documentLook)
    const json = JSON.parse(lines?.join('\n') ?? '')
    expect(json.exact).toEqual({
      target: 'Tesla V100-SXM2-32GB',
      arguments: 678 * mib,
      outputs: 673 * mib,
      alias: 673 * mib,
      temporaries: 5600 * mib,
      peak: 6264 * mib,
      allocated: 6278 * mib,
      generatedCode: 0,
      reserve: Math.round(1.2 * 1024 * mib),
      total: 6278 * mib + Math.round(1.2 * 1024 * mib),
      fits: true,
      compileSeconds: 32.1,
    })
  })
})

it.each([
  [100, 100, 'equal'],
  [100.04, 100, 'equal'],
  [103.2, 100, '3.2 % above'],
  [96, 100, '4.0 % below'],
])('%d and %d: %s', (value, reference, text) => {
  expect(compareWith(value, reference)).toBe(text)
})

it.each<[ExactEvent, string]>([
  [{ phase: 'compile', gpu: 'Tesla V100-SXM2-32GB' }, 'XLA compiles the step for Tesla V100-SXM2-32GB'],
  [
    { phase: 'fetch', wheel: 'jax-cuda12-pjrt', event: { phase: 'download', bytes: 50 * mib, total: 200 * mib } },
    '25 % of 200 MiB',
  ],
  [{ phase: 'fetch', wheel: 'jax-cuda12-pjrt', event: { phase: 'verify' } }, 'verify jax-cuda12-pjrt'],
])('%j is shown', (event, text) => {
  expect(exactLine(event, documentLook)).toContain(text)
})
