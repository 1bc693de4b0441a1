import { expect, test } from 'vitest'
import { checkSettings, memoryHost } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'

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
  ['train.batch=64', ['ARC3002 1:13 place: `train.batch` takes, expected: a batch size or `auto`']],
  ['train.epochs=20', []],
  ['dataset.root="../faces"', []],
  ['dataset.root=faces', ['ARC2006 1:14 name: faces']],
  ['dataset.rot="../faces"', ['ARC3201 1:9 owner: `dataset`, what: argument or field, name: rot']],
  ['backbone.embedding=64', []],
  ['machine.devices=4', []],
  ['machine.memory=4', ['ARC3002 1:16 place: `machine.memory` takes, expected: bytes']],
  ['machine.device.memory=4 GiB', ['ARC3286 1:1 outer: machine.device, name: memory']],
  ['machine.device.flops.f32=3', ['ARC3286 1:1 outer: machine.device, name: flops']],
  ['machine.links.x.y=3', ['ARC3201 1:17 owner: `machine`, what: argument or field, name: y']],
  ['margin.m=30 deg', []],
  ['train.optimizer.lr=0.2', []],
  ['train.optimizer.momentum=0.8', []],
  ['train.optimizer.momentun=0.8', ['ARC3201 1:17 owner: `train.optimizer`, what: argument or field, name: momentun']],
  ['train.optimizer=sgd(lr: 0.2, dampening: 0.1)', ['ARC3103 1:30 callee: sgd, name: dampening']],
  ['centers.placement=replicate', []],
  ['centers.placement=sharded', ['ARC3007 1:19 name: sharded, what: value of `centers.placement`']],
  ['clip=5', ['ARC3202 1:1 name: clip, section: section `train`']],
  ['trian.clip=5', ['ARC3201 1:1 owner: an experiment, what: field, name: trian']],
  ['train=5', ['ARC3205 1:1 name: train']],
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
  ['machine=dgx_h10(nodes: 1)', ['ARC2006 1:9 name: dgx_h10']],
  ['machine=dgx_h100(node: 1)', ['ARC3103 1:18 callee: dgx_h100, name: node']],
  ['machine=r100', ['ARC3001 1:9 place: `machine` takes, expected: a machine, found: a backbone']],
])('--set %s can use names of the standard library that the file does not use', (setting, said) => {
  expect(brief(checkSettings(file, [setting]))).toEqual(said)
})

test('a misspelled name of the standard library is corrected even if the file does not use the library', () => {
  const [mistake] = checkSettings(file, ['machine=dgx_h10(nodes: 1)'])
  expect(mistake?.fix?.replacement).toBe('dgx_h100')
})

test('a name declared in the file hides the same name in the standard library', () => {
  const own = file.replace('experiment base', 'let r100 = 4\nexperiment base')
  expect(brief(checkSettings(own, ['backbone=r100']))).toEqual([
    'ARC3001 1:10 place: `backbone` takes, expected: a backbone, found: a whole number',
  ])
})

test('a name that two modules of the standard library declare has to be imported in the file', () => {
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
    'ARC2014 1:10 name: r100, modules: [std.backbones, std.extra]',
  ])
  expect(mistake?.notes).toEqual([expect.stringMatching(/test\.arc.*: use std\.backbones: r100$/)])
})

test.each([
  ['train.lr_groups=group("fc", 2)', '[group("fc", 2)]'],
  ['train.freeze="conv1"', '["conv1"]'],
  ['train.average=ema', 'ema()'],
  ['train.on_non_finite=skip', 'skip()'],
])('--set %s is refused with the fix %s', (setting, replacement) => {
  const [mistake, ...others] = checkSettings(file, [setting])
  expect(others).toEqual([])
  expect(mistake?.code).toBe('ARC3001')
  expect(mistake?.fix?.replacement).toBe(replacement)
})

test.each([
  ['train.on_non_finite=stp', '`train.on_non_finite` takes `stop` or `skip(…)`'],
  ['train.batch=aut', '`train.batch` takes a batch size or `auto`'],
])('--set %s is refused with a list of all accepted values', (setting, note) => {
  const [mistake] = checkSettings(file, [setting])
  expect(mistake?.code).toBe('ARC3007')
  expect(mistake?.notes).toContain(note)
})

test('a function without its call: the note names the missing arguments', () => {
  const [mistake] = checkSettings(file, ['train.lr_scaling=linear_scaling'])
  expect(mistake?.notes).toContain('write `linear_scaling(reference: …)`')
})
