import { expect, test } from 'vitest'
import { brief, checkSettings } from '../../helpers/diagnose.ts'

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
