/** The parts of `npm run bench:train` that measure nothing: which rows and which steps count, and what is made of them. */
import { describe, expect, it } from 'vitest'
import { judgeRow, leastFaster } from '../../bench/train/bars.ts'
import { compareRounds, judgeSteps, type Measured, median, type Round } from '../../bench/train/compare.ts'
import { planRow, stepFlops } from '../../bench/train/experiment.ts'
import { keptRows, mergeRows, type Results, type RowResult, sharesOfPeak } from '../../bench/train/results.ts'
import { allRows, type Row, rowName, type Selection, selectRows } from '../../bench/train/rows.ts'
import { busySeconds, type Effort, isEnough, othersCores, type Sample } from '../../bench/train/samples.ts'
import { higherPeak } from '../../bench/train/setting.ts'
import { renderForTerminal, resultsFile } from '../../bench/train/table.ts'

const r18: Row = { kind: 'network', network: 'r18', batch: 16, precision: 'f32' }
const largeHead: Row = { kind: 'head', classes: 1_000_000, rate: 1, update: 'sparse' }

describe('rows', () => {
  it.each<[Selection, number]>([
    [{}, 22],
    [{ only: ['r18'] }, 4],
    [{ only: ['r18', 'mbf'], batch: '16', precision: 'f32' }, 2],
    [{ only: ['head'] }, 6],
    [{ only: ['head'], classes: '100000' }, 3],
    [{ classes: '1000000' }, 3],
    [{ only: ['head'], batch: '16' }, 0],
    [{ batch: '17' }, 0],
  ])('%j selects %i', (selection, count) => {
    expect(selectRows(selection)).toHaveLength(count)
  })

  it('have different names', () => {
    expect(new Set(allRows.map(rowName)).size).toBe(allRows.length)
    expect(rowName(r18)).toBe('r18, batch 16, f32')
    expect(rowName(largeHead)).toBe('head, 1,000,000 classes, rate 1')
  })

  it('are experiments that arcc plans, with the arithmetic of the published networks', () => {
    const { arcc } = stepFlops(r18, planRow(r18))
    // 2.61 G multiply-adds an image, three times for forward and backward.
    expect(arcc / 16 / 2 / 3).toBeCloseTo(2.61e9, -8)
    const { torch } = stepFlops(largeHead, planRow(largeHead))
    expect(torch).toBe(196.608e9)
  })
})

/** A sample of one step of a second on two cores, with others on `others` cores. */
const sample = (seconds: number, others: number, steps = 1): Sample => ({
  steps,
  seconds,
  own: 1.8 * seconds,
  busy: (1.8 + others) * seconds,
})

describe('samples', () => {
  it('count the time of cores without idling and waiting, with that of other guests', () => {
    expect(busySeconds('cpu  100 20 3 9999 888 40 5 60 7 8\ncpu0 1 1 1 1\n')).toBe(2.28)
  })

  it('tell how many cores others used', () => {
    expect(othersCores({ steps: 1, seconds: 2, own: 3.5, busy: 3.9 })).toBeCloseTo(0.2)
  })

  const effort: Effort = { warmUp: 0, quiet: 2, seconds: 3, most: 10, others: 0.1 }
  it.each<[string, readonly Sample[], number, boolean]>([
    ['too few', [sample(1, 0)], 4, false],
    ['too short', [sample(1, 0), sample(1, 0)], 2, false],
    ['enough', [sample(1, 0), sample(1, 0)], 3, true],
    ['disturbed', [sample(1, 0.2), sample(1, 0)], 3, false],
    ['disturbed for long', [sample(1, 0.2), sample(1, 0.2)], 10, true],
  ])('%s', (_, samples, taken, enough) => {
    expect(isEnough(samples, taken, effort)).toBe(enough)
  })
})

describe('steps of a process', () => {
  const judged = (samples: readonly Sample[], losses = [3, 2, 1]) =>
    judgeSteps({ samples, peak: 7, losses, loadSeconds: 0, with: '' }, 0.1)

  it('count unless others ran, by the median', () => {
    const samples = [sample(1, 0), sample(9, 0.11), sample(1.2, 0.09), sample(8, 0, 4)]
    expect(judged(samples)).toEqual({ step: 1.2, peak: 7, counted: 6, leftOut: 1, losses: [3, 1] })
  })

  it('do not count if nearly all were disturbed', () => {
    expect(judged([sample(1, 0), sample(1, 0.5), sample(1, 0.5)])).toBeUndefined()
  })

  it('compare nothing if a loss is not finite', () => {
    expect(() => judged([sample(1, 0), sample(1, 0)], [3, Number.NaN, 1])).toThrow('not finite')
  })
})

const measured = (step: number, peak = 1e9): Measured => ({ step, peak, counted: 4, leftOut: 1, losses: [3, 1] })
const round = (arcc: number, nchw: number, channelsLast: number): Round => ({
  arcc: measured(arcc, 0.8e9),
  torch: { nchw: measured(nchw, 2e9), channels_last: measured(channelsLast) },
})
const five = (one: Round) => Array.from({ length: 5 }, () => one)
const rounds = [round(1, 2, 1.2), round(1, 1.1, 1.4), round(2, 2.4, 2.2)]

describe('the comparison', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
  ])('the median of %j is %d', (values, middle) => {
    expect(median(values)).toBe(middle)
  })

  it('takes the layout with the faster median step in all rounds', () => {
    const compared = compareRounds(rounds)
    expect(compared).toMatchObject({
      layout: 'channels_last',
      ratios: [1.2, 1.4, 1.1],
      faster: 1.2,
      layouts: { nchw: 2, channels_last: 1.4 },
      step: { arcc: 1, torch: 1.4 },
      memory: 0.8,
      steps: { counted: 36, leftOut: 9 },
    })
  })

  it('leaves out a layout that only the first round has', () => {
    const [first, ...others] = rounds
    const narrowed = others.map(({ arcc, torch }) => ({ arcc, torch: { nchw: torch.nchw ?? measured(1) } }))
    expect(compareRounds([...(first === undefined ? [] : [first]), ...narrowed])).toMatchObject({
      layout: 'nchw',
      ratios: [2, 1.1, 1.2],
      layouts: { nchw: 2, channels_last: 1.2 },
    })
  })

  it('takes the only layout of a head', () => {
    const head = rounds.map(({ arcc, torch }) => ({ arcc, torch: { nchw: torch.nchw ?? measured(1) } }))
    expect(compareRounds(head)).toMatchObject({ layout: 'nchw', faster: 1.2 })
  })
})

describe('bounds', () => {
  it.each<[Row, number]>([
    [r18, 1.1],
    [{ ...r18, batch: 32 }, 1.25],
    [{ ...r18, network: 'mbf' }, 1.25],
    [{ ...r18, precision: 'bf16' }, 1.05],
    [largeHead, 6],
    [{ ...largeHead, rate: 0.1 }, 3],
    [{ ...largeHead, classes: 100_000 }, 3],
  ])('%j', (row, bar) => {
    expect(leastFaster(row)).toBe(bar)
  })

  it.each<[string, readonly Round[] | string, readonly boolean[]]>([
    ['kept', [...rounds, ...rounds], [true, true]],
    ['too few ratios', rounds, [false, true]],
    ['too slow', five(round(1.1, 1.2, 1.2)), [false, true]],
    ['too much memory', five({ ...round(1, 1.5, 1.2), arcc: measured(1) }), [true, false]],
    ['not measured', 'it failed', [false]],
  ])('%s', (_, given, ok) => {
    const compared = typeof given === 'string' ? given : compareRounds(given)
    expect(judgeRow(r18, compared).map((verdict) => verdict.ok)).toEqual(ok)
  })
})

const result: RowResult = {
  row: r18,
  flops: { arcc: 200e9, torch: 200e9 },
  measured: { rounds, with: { arcc: 'XLA', torch: 'PyTorch 9' }, cold: { loadSeconds: 3, peak: 1e9 } },
}
const results: Results = {
  setting: {
    processor: 'A processor',
    cores: 2,
    memory: 2 ** 34,
    node: 'v20',
    arcc: '1.0.0, commit abc',
    arcfaceTorch: '0123456789ab',
    effort: { warmUp: 2, quiet: 4, seconds: 3, most: 60, others: 0.1 },
    pairs: 3,
  },
  peak: { instructions: 'AVX-512', f32: 400e9 },
  rows: [result, { ...result, row: { ...r18, precision: 'bf16' }, measured: 'it failed' }],
}

describe('results', () => {
  it('relate steps to the peak of their precision', () => {
    const compared = compareRounds(rounds)
    expect(sharesOfPeak(result, compared, results.peak)?.arcc).toBe(0.5)
    expect(sharesOfPeak({ ...result, row: { ...r18, precision: 'bf16' } }, compared, results.peak)).toBeUndefined()
    expect(sharesOfPeak(result, compared, 'there is no C compiler')).toBeUndefined()
  })

  it('take the higher of two peaks', () => {
    const [low, high] = [{ instructions: 'AVX2', f32: 1, bf16: 4 } as const, { instructions: 'AVX2', f32: 2, bf16: 3 }]
    expect(higherPeak(low, high)).toEqual({ instructions: 'AVX2', f32: 2, bf16: 4 })
    expect(higherPeak('no compiler', low)).toBe(low)
  })

  it('are continued only where everything is the same, and not of changed sources', () => {
    expect(keptRows(results, results.setting).rows).toEqual([result])
    expect(keptRows(results, { ...results.setting, pairs: 5 }).rows).toEqual([])
    const setting = { ...results.setting, arcc: '1.0.0, commit abc, changed' }
    expect(keptRows({ ...results, setting }, setting).rows).toEqual([])
  })

  it('replace those of the same row, in the order of the table', () => {
    const head: RowResult = { ...result, row: largeHead }
    const again: RowResult = { ...result, measured: 'it failed' }
    expect(mergeRows([again], [head, result])).toEqual([again, head])
  })

  it('are a table', () => {
    expect(renderForTerminal(results)).toMatchSnapshot()
    expect(resultsFile(results)).toMatchSnapshot()
  })
})
