/** `arcc eval` as text. */
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { rocChart, scoresChart } from '../../../cli/commands/eval/charts.ts'
import { renderEvaluation } from '../../../cli/render/evaluation.ts'
import { documentLook } from '../../../cli/render/look.ts'
import type { EvaluationFile } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { figuresOf } from '../../../runtime/evaluate/report/figures.ts'
import { madeVerification } from '../../helpers/made-verification.ts'

const { verification, set } = madeVerification(3000)
const evaluation: EvaluationFile = {
  version: 1,
  arcc: '0.1.0',
  set: { name: 'lfw', path: 'sets/lfw.bin', sha256: '5'.repeat(64), images: 6000, pairs: 3000, same: 1500 },
  network: {
    ...{ path: 'runs/glint360k-001/checkpoints/step-100000/backbone.safetensors', sha256: 'a'.repeat(64) },
    ...{ backbone: 'r100', embedding: 512, step: 100_000, precision: 'f32' },
  },
  ...figuresOf(verification, set, undefined),
  seconds: 61,
}

test('a snapshot', () => {
  expect(renderEvaluation(evaluation, 'runs/glint360k-001/evaluations/lfw', documentLook).join('\n')).toMatchSnapshot()
})

test.each([40, 60, 80, 120])('fits %d columns', (width) => {
  for (const unicode of [true, false]) {
    const look = { ...documentLook, unicode, width, wraps: true }
    const lines = renderEvaluation(evaluation, 'runs/glint360k-001/evaluations/lfw', look)
    expect(lines.filter((line) => stringWidth(line) > width)).toEqual([])
    expect(lines.join('\n')).toContain(`${(100 * evaluation.accuracy).toFixed(3)} %`)
  }
})

test('a set that determines no rate, without groups', () => {
  const few = { ...evaluation, tarAtFar: [], undetermined: [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6], groups: [] }
  const text = renderEvaluation(few, 'out', documentLook).join('\n')
  expect(text).toContain('FAR 1e-1, 1e-2, 1e-3, 1e-4, 1e-5 and 1e-6 cannot be determined')
  expect(text).not.toContain('threshold\n')
})

test('charts name set and network', () => {
  for (const chart of [rocChart(evaluation), scoresChart(evaluation)]) {
    expect(chart).toContain('r100 on lfw')
    expect(chart).toContain(`threshold ${evaluation.recommended.threshold.toFixed(3)}`)
  }
})
