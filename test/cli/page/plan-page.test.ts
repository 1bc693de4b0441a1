/** Pages about plans: of one, with its graph and timeline, and of a sweep. */
import { expect, test } from 'vitest'
import { pagePart, planPageLines } from '../../../cli/commands/plan-page.ts'
import { fileHost } from '../../../cli/host/host.ts'
import { compileVariants } from '../../../compiler/driver.ts'
import { machineRates } from '../../../compiler/plan/time.ts'
import { runOnPaper, type TimedOp } from '../../../compiler/plan/timeline.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { packageFolder } from '../../../runtime/package-folder.ts'
import { pageFaults, parsePage } from '../../helpers/page.ts'

const host = fileHost(packageFolder)

async function page(path: string, text?: string): Promise<string> {
  const entry = text === undefined ? need(host.readSource(path), path) : { path, text }
  const parts = [...compileVariants({ entry }, host)].map((compilation) => {
    const { plan, variant, diagnostics } = compilation
    const own = diagnostics.map(({ code, severity }) => ({ code, severity }))
    const name = variant?.name ?? plan?.name ?? ''
    const planned = { name, file: path, plan: plan?.document, diagnostics: own as never }
    return pagePart(compilation, planned, host)
  })
  return need(await planPageLines(parts, path), 'a page').join('\n')
}

test('the quickstart', async () => {
  const html = await page('experiments/quickstart.arc')
  expect(pageFaults(html)).toEqual([])
  const { text, all } = parsePage(html)
  for (const said of [
    'fits',
    'Memory per device',
    'devices 0–1',
    'Timeline of a step',
    'stage_2',
    'reduce_scatter',
    'conv2d',
  ])
    expect(`${text}${html}`).toContain(said)
  expect(all('details').length).toBeGreaterThan(20)
})

const base = (backbone: string, batch: string, more = '') => `use std.backbones: r18, r34
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

experiment base {
  dataset  = synthetic(identities: 100, per_identity: 10)
  ${backbone}
  margin   = cosface
  machine  = cpu(devices: 2, memory: 4 GiB)
  train { ${batch}epochs = 1, optimizer = sgd(lr: 0.1) }
  require memory.peak < 3 GiB
  ${more}
}
`

test('many devices: why they all-reduce softmax statistics', async () => {
  const wide = base('backbone = r18', 'batch = 128 per device, ')
    .replace('identities: 100', 'identities: 10000')
    .replace('cpu(devices: 2, memory: 4 GiB)', 'dgx_h100(nodes: 4)')
    .replace('machines: cpu', 'machines: dgx_h100')
    .replace('3 GiB', '80 GiB')
  expect(parsePage(await page('wide.arc', wide)).text).toMatch(
    /The softmax statistics are all-reduced: .* per device in .*; gathering them would take .*\./,
  )
})

test('blocks that are built alike are one node', async () => {
  const { text } = parsePage(await page('base.arc', base('backbone = r34', 'batch = 8 global, ')))
  expect(text).toContain('alike')
  expect(text).toMatch(/memory\.peak< 3 GiB[\d.]+ MiBmet/)
})

test('a sweep: curves over numbers, variants with errors', async () => {
  const html = await page(
    'base.arc',
    base('', '', 'sweep { train.batch = [4 global, 8 global, 7 global], backbone = [r18, r18(embedding: 64)] }'),
  )
  expect(pageFaults(html)).toEqual([])
  const { text } = parsePage(html)
  for (const said of ['4 of 6 plans fit', 'Over train.batch', 'Time per step', 'ARC4', 'backbone = iresnet'])
    expect(text).toContain(said)
})

test('the timeline of a step is seamless', () => {
  const [compiled] = compileVariants({ entry: need(host.readSource('experiments/quickstart.arc'), 'a file') }, host)
  const plan = need(compiled?.plan, 'a plan')
  const rates = machineRates(plan.run.machine, undefined)
  const timed: TimedOp[] = []
  const { seconds, exposed, links } = runOnPaper(plan.graphs.step, rates.device, rates.links, (one) => timed.push(one))
  const spans = (isOnLinks: boolean) => timed.filter((one) => one.isOnLinks === isOnLinks)
  const sum = (list: readonly TimedOp[]) => list.reduce((total, { start, end }) => total + end - start, 0)
  expect(sum(spans(true))).toBeCloseTo(links, 12)
  expect(sum(spans(false)) + exposed).toBeCloseTo(seconds, 9)
  for (const list of [spans(false), spans(true)])
    for (const [i, { start }] of list.entries()) expect(start).toBeGreaterThanOrEqual((list[i - 1]?.end ?? 0) - 1e-12)
  expect(Math.max(...timed.map(({ end }) => end))).toBeCloseTo(seconds, 12)
})
