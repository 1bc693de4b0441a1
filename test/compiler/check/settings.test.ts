import { expect, test } from 'vitest'
import { brief, checkSettings, memoryHost } from '../../helpers/diagnose.ts'

const file = `use std.backbones: mbf
use std.datasets: folder
use std.machines: cpu
use std.margins: arcface

experiment base {
  dataset = folder(root: "faces")
  backbone = mbf(embedding: 128)
  margin = arcface(m: 0.3 rad)
  machine = cpu(devices: 2)
  train { batch = 32 per device, epochs = 2, optimizer = sgd(lr: 0.1) }
}
`

test.each([
  ['train.batch=64 per device', []],
  ['train.batch=64', ['ARC3002 1:13 `train.batch` takes a batch size or `auto`, and this number has no unit']],
  ['train.epochs=20', []],
  ['dataset.root="../faces"', []],
  ['dataset.root=faces', ['ARC2006 1:14 there is no `faces` here']],
  ['dataset.rot="../faces"', ['ARC3201 1:9 `dataset` has no argument or field `rot`']],
  ['backbone.embedding=64', []],
  ['machine.devices=4', []],
  ['machine.memory=4', ['ARC3002 1:16 `machine.memory` takes bytes, and this number has no unit']],
  ['margin.m=30 deg', []],
  ['train.optimizer.lr=0.2', []],
  ['train.optimizer.momentum=0.8', []],
  ['train.optimizer.momentun=0.8', ['ARC3201 1:17 `train.optimizer` has no argument or field `momentun`']],
  ['train.optimizer=sgd(lr: 0.2, nesterov: true)', ['ARC3103 1:30 `sgd` has no parameter `nesterov`']],
  ['centers.placement=replicate', []],
  ['centers.placement=sharded', ['ARC3007 1:19 `sharded` is not a value of `centers.placement`']],
  ['clip=5', ['ARC3202 1:1 `clip` belongs to section `train`']],
  ['trian.clip=5', ['ARC3201 1:1 an experiment has no field `trian`']],
  ['train=5', ['ARC3205 1:1 `train` is a section, not a field']],
])('--set %s', (setting, said) => {
  expect(brief(checkSettings(file, [setting]))).toEqual(said)
})

test.each([
  ['machine=dgx_h100(nodes: 1)', []],
  ['backbone=r100', []],
  ['backbone=r50(embedding: 128)', []],
  ['dataset=synthetic(identities: 1000, per_identity: 1)', []],
  ['margin=cosface(m: 0.4, scale: 64)', []],
  ['train.optimizer=adamw(lr: 0.001)', []],
  ['sweep.backbone=[r50, r100, mbf]', []],
  ['machine=dgx_h10(nodes: 1)', ['ARC2006 1:9 there is no `dgx_h10` here']],
  ['machine=dgx_h100(node: 1)', ['ARC3103 1:18 `dgx_h100` has no parameter `node`']],
  ['machine=r100', ['ARC3001 1:9 `machine` takes a machine, not a backbone']],
])('--set %s takes from the standard library what the file does not', (setting, said) => {
  expect(brief(checkSettings(file, [setting]))).toEqual(said)
})

test('a misspelt name of the standard library is told even where the file uses none of it', () => {
  const [mistake] = checkSettings(file, ['machine=dgx_h10(nodes: 1)'])
  expect(mistake?.fix?.message).toBe('did you mean `dgx_h100`?')
})

test('a name of the file hides that of the standard library', () => {
  const own = file.replace('experiment base', 'let r100 = 4\nexperiment base')
  expect(brief(checkSettings(own, ['backbone=r100']))).toEqual([
    'ARC3001 1:10 `backbone` takes a backbone, not a whole number',
  ])
})

test('a name of two modules of the standard library has to be taken in the file', () => {
  const host = memoryHost()
  const twice = {
    ...host,
    stdlibNames: [...host.stdlibNames, 'extra'],
    readStdlib: (name: string) =>
      name === 'extra' ? { path: 'std/extra.arc', text: 'let r100 = 1' } : host.readStdlib(name),
  }
  const [mistake, ...others] = checkSettings(file, ['backbone=r100'], twice)
  expect(others).toEqual([])
  expect(brief(mistake === undefined ? [] : [mistake])).toEqual([
    'ARC2014 1:10 `r100` is in `std.backbones` and `std.extra`',
  ])
  expect(mistake?.notes).toEqual(['take one of them in test.arc: use std.backbones: r100'])
})
