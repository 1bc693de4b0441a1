/** Where values were written, as `arcc dump --after elaborate` shows it. */
import { expect, it } from 'vitest'
import { placedLines } from '../../../cli/render/places.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { resolveText } from '../../helpers/resolve.ts'

const text = `use std.datasets: synthetic
use std.machines: dgx_v100
use std.margins: arcface, cosface
use std.backbones: iresnet
let tiny = iresnet(depths: [1, 1, 1, 1], channels: [4, 8, 8, 16], stem: 4)
let strict = arcface(m: 20 deg)
let recipe = train {
  batch = 512 div 8 per device, epochs = 2
  optimizer = sgd(lr: 0.1 * train.batch / 512)
}
experiment base {
  dataset = synthetic(identities: 20, per_identity: 8)
  backbone = tiny(embedding: 16)
  margin = strict
  machine = dgx_v100(2)
  train = recipe
  train.optimizer.momentum = 0.95
}
experiment run extends base {
  let mine = cosface(m: 0.3)
  sweep.margin = [arcface(0.4 rad), mine]
}
`

function lines(name: string, settings: readonly string[] = []): (path: string) => string {
  const { experiment, diagnostics } = resolveText(text, { name, settings })
  const shown = placedLines(need(experiment, JSON.stringify(diagnostics.map(({ message }) => message))))
  return (path) => need(shown.find((line) => line.startsWith(`${path} `))?.replace(/^\S+\s+= /, ''), path)
}

const base = lines('base', ['train.seed=7', 'train.optimizer.weight_decay=1e-3'])

it.each([
  ['margin', 'arcface(m: 0.349065850399 rad, scale: 64)  // test.arc:14: strict'],
  ['margin.m', '0.349065850399 rad  // test.arc:6: 20 deg'],
  ['margin.scale', expect.stringMatching(/^64 {2}\/\/ default of arcface, std\/margins\.arc:\d+$/)],
  ['backbone.embedding', '16  // test.arc:13'],
  ['backbone.stem', '4  // test.arc:5'],
  ['machine.nodes', '2  // test.arc:15'],
  ['train.batch', '64 per device  // test.arc:8: 512 div 8 per device'],
  ['train.optimizer.lr', '0.2  // test.arc:9: 0.1 * train.batch / 512'],
  ['train.optimizer.momentum', '0.95  // test.arc:17'],
  ['train.optimizer.weight_decay', '0.001  // --set: 1e-3'],
  ['train.seed', '7  // --set'],
  ['train.clip', undefined],
  ['train.precision', 'f32  // default of experiments'],
])('%s', (path, expected) => {
  if (expected === undefined) expect(() => base(path)).toThrow()
  else expect(base(path)).toEqual(expected)
})

it('a variant has its value of the list; arguments of a local name are where it is used', () => {
  expect(lines('run[margin=arcface(0.4 rad)]')('margin.m')).toBe('0.4 rad  // test.arc:21')
  expect(lines('run[margin=mine]')('margin.m')).toBe('0.3  // test.arc:21: mine')
})
