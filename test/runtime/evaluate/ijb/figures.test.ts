import { describe, expect, test } from 'vitest'
import { identify } from '../../../../runtime/evaluate/ijb/identification.ts'
import { ijbRoc } from '../../../../runtime/evaluate/ijb/nearest-far.ts'
import { pairScores } from '../../../../runtime/evaluate/ijb/pair-scores.ts'
import { combine, createTemplatePool } from '../../../../runtime/evaluate/ijb/template-pool.ts'
import figures from '../../../golden/ijb/figures.json' with { type: 'json' }
import { DIM, madeIjb, PEOPLE } from '../../../helpers/made-ijb.ts'

const set = madeIjb()

describe('figures of insightface on a made set of 2,000 templates (bench/ijb/reference.py)', () => {
  test('the set is the same', () => expect(set.template.length).toBe(figures.images))

  test.each(figures.runs)('flip $flip, norm $norm, detector $detector', async (run) => {
    const options = { mirrored: run.flip === 1, norm: run.norm === 1, detector: run.detector === 1 }
    const pool = createTemplatePool(set, DIM)
    const out = new Float32Array(DIM)
    for (const [i, score] of set.detector.entries()) {
      combine(set.features(i, false), set.features(i, true), score, options, out)
      pool.add(out)
    }
    const templates = pool.templates()
    const scores = await pairScores(templates, DIM, set)
    for (const [p, score] of run.scores.entries()) expect(scores[p]).toBeCloseTo(score, options.norm ? 14 : 6)
    expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(run.sum, options.norm ? 7 : 3)
    const { points, auc } = ijbRoc(scores, set.same)
    expect(points.map(({ tar, found }) => ({ printed: (tar * 100).toFixed(2), tar, found }))).toEqual(run.row)
    expect((auc * 100).toFixed(4)).toBe(run.auc)
    const people = Array.from({ length: PEOPLE }, (_, person) => person)
    const { ranks, tpir } = await identify(templates, DIM, {
      gallery: Uint32Array.from(people),
      probes: Uint32Array.from(people, (person) => person + PEOPLE),
      mates: Uint32Array.from(people),
    })
    const lines = [
      ...ranks.map(({ rank, rate }) => `top${rank} = ${rate}`),
      ...tpir.map((at) => `far = ${at.fpir.toFixed(10)} pr = ${at.tpir.toFixed(10)} th = ${at.threshold.toFixed(10)}`),
    ]
    expect(lines.map((line, i) => (options.norm ? line : line.slice(0, i < 3 ? undefined : -3)))).toEqual(
      run.identification.map((line, i) => (options.norm ? line : line.slice(0, i < 3 ? undefined : -3))),
    )
  })
})
