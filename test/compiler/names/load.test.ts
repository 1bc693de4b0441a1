import { expect, test } from 'vitest'
import { loadProgram } from '../../../compiler/names/load.ts'
import { DiagnosticBag } from '../../../grammar/diagnostic.ts'
import { checkText, memoryHost } from '../../helpers/diagnose.ts'
import { brief } from '../../helpers/facts.ts'

const load = (text: string, files: Readonly<Record<string, string>> = {}, path = 'main.arc') => {
  const bag = new DiagnosticBag()
  return { program: loadProgram({ path, text }, memoryHost(files), bag), bag }
}

test('modules come before those that use them, each once', () => {
  const { program, bag } = load('use std.backbones: r50\nuse parts.own: one\nlet it = one', {
    'parts/own.arc': 'use std.backbones: r100\nlet one = r100',
  })
  expect(bag.sorted()).toEqual([])
  const paths = program.modules.map((module) => module.source.path)
  expect(paths).toEqual([
    'std/prelude.gen.arc',
    'std/layers.arc',
    'std/optimizers.arc',
    'std/schedules.arc',
    'std/augmentations.arc',
    'std/verification.arc',
    'std/start.arc',
    'std/backbones.arc',
    'parts/own.arc',
    'main.arc',
  ])
  expect(program.entry.source.path).toBe('main.arc')
})

test('files are found beside the file that uses them', () => {
  const files = { 'team/nets/tiny.arc': 'let tiny = 1', 'team/nets.arc': 'use nets.tiny: tiny\nlet both = tiny' }
  const { program, bag } = load('use nets: both\nlet it = both', files, 'team/main.arc')
  expect(bag.sorted()).toEqual([])
  expect(program.modules.at(-2)?.source.path).toBe('team/nets.arc')
})

test('a file in quotes is found from the folder of the file that uses it, and is one file however it is named', () => {
  const files = {
    'pfc0.1.arc': 'let rate = 0.1',
    'team/nets.arc': 'use "../pfc0.1.arc": rate\nlet own = rate',
    'team/wide net.arc': 'use nets: own\nlet wide = own',
  }
  const text = 'use "./wide net.arc": wide\nuse "../team/../pfc0.1.arc": rate\nlet it = wide + rate'
  const { program, bag } = load(text, files, 'team/main.arc')
  expect(bag.sorted()).toEqual([])
  const paths = program.modules.map((module) => module.source.path)
  expect(paths.slice(-4)).toEqual(['pfc0.1.arc', 'team/nets.arc', 'team/wide net.arc', 'team/main.arc'])
})

test('`..` is the folder above', () => {
  const files = { 'base.arc': 'let a = 1', 'shared/nets.arc': 'use ..base: a\nlet b = a', 'x/y.arc': 'let c = 3' }
  const text = 'use ..shared.nets: b\nuse ....x.y: c\nlet it = b + c'
  const { program, bag } = load(
    'use team.main: it\nlet all = it',
    { ...files, 'up/team/main.arc': text },
    'up/main.arc',
  )
  expect(brief(bag.sorted())).toEqual(['ARC2001 1:5 module: ..shared.nets'])
  const deep = load(text, { ...files, 'up/shared/nets.arc': 'let b = 2' }, 'up/team/main.arc')
  expect(deep.bag.sorted()).toEqual([])
  expect(program.entry.scope.has('all')).toBe(true)
  const above = load('use shared.nets: b\nlet it = b', { 'shared/nets.arc': 'let b = 2' }, 'team/main.arc')
  expect(above.bag.sorted()[0]?.fix?.replacement).toBe('..shared.nets')
  expect(deep.program.modules.slice(-3).map((module) => module.source.path)).toEqual([
    'up/shared/nets.arc',
    'x/y.arc',
    'up/team/main.arc',
  ])
})

const shared = {
  'nets.arc': `use std.backbones: iresnet
use std.machines
let wide = iresnet(depths: [1, 1, 1, 1], channels: [8, 8, 8, 16], stem: 4, embedding: 16)
fn twice(x: int) -> int = 2 * x
margin plain(m: float = 0.1) { target(cos) = cos - m }
let conv = 3`,
}
const checked = (text: string) => brief(checkText(text, shared, 'main.arc').diagnostics)

test('a name can be imported under another one', () => {
  expect(checked('use nets: twice as double, wide\nlet a = double(3)\nlet b = wide(embedding: a)')).toEqual([])
  expect(checked('use nets: twice as double\nlet a = twice(3)')).toEqual(['ARC2006 2:9 name: twice'])
  expect(checked('use nets: twice as double')).toEqual(['ARC2007 1:20 name: double'])
  expect(checked('use nets: twice as a, wide as a\nlet b = a(1)')).toEqual([
    'ARC2008 1:31 name: a, first: nets, second: nets',
  ])
  expect(checked('use nets: twice as a\nlet a = 3')).toEqual(['ARC2004 2:5 name: a, module: nets'])
  expect(checked('use nets: twcie as a\nlet b = a(1)')).toEqual(['ARC2002 1:11 module: nets, name: twcie'])
})

test('a module can have a prefix', () => {
  expect(
    checked('use nets as n\nlet a = n.twice(3)\nlet b = (3 |> n.twice) + n.conv\nlet c = n.plain(m: 0.2)'),
  ).toEqual([])
  expect(checked('use nets as n\nlet a = n.twcie(3)')).toEqual(['ARC2006 2:9 name: n.twcie'])
  expect(checked('use nets as n\nlet a = twice(3)\nlet b = n.conv')).toEqual(['ARC2006 2:9 name: twice'])
  expect(checked('use nets as n\nlet a = 3')).toEqual(['ARC2007 1:13 name: n'])
  expect(checked('use nets as n\nlet n = 3')).toEqual(['ARC2003 1:13 name: n'])
  expect(checked('use nets as n\nuse std.margins as n\nlet a = n.conv')).toEqual(['ARC2003 2:20 name: n'])
  // A local hides the prefix.
  expect(checked('use nets as n\nfn f(n: [int]) -> int = n.length\nlet a = n.conv')).toEqual([])
})

test('own names and `use` hide the implicit ones, and a bare `use` gives all names of a module', () => {
  const { program, bag } = load('use std.margins\nfn conv(x: int) -> int { x }\nlet it = arcface()')
  expect(brief(bag.sorted())).toEqual(['ARC2086 2:4 name: conv, module: std.layers'])
  const meaning = (name: string) => program.entry.scope.get(name)?.module.source.path
  expect(meaning('conv')).toBe('main.arc')
  expect(meaning('prelu')).toBe('std/layers.arc')
  expect(meaning('sgd')).toBe('std/optimizers.arc')
  expect(meaning('cosface')).toBe('std/margins.arc')
  expect(meaning('r50')).toBeUndefined()
})

test('a program knows which modules of the library declare a name', () => {
  const { program } = load('let it = 1')
  expect(program.declaredIn('arcface')).toEqual(['std.margins'])
  expect(program.declaredIn('nothing')).toEqual([])
})

test('the library is parsed once per process', () => {
  const first = load('let it = 1').program.modules[0]?.tree
  expect(load('let it = 2').program.modules[0]?.tree).toBe(first)
})

test.each([
  ['use std.backbone: r50', ['ARC2001 1:5 module: std.backbone']],
  ['use backbones: r50', ['ARC2001 1:5 module: backbones']],
  ['use std: r50', ['ARC2001 1:5 module: std']],
  ['use parts.absent: x', ['ARC2001 1:5 module: parts.absent']],
  ['use std.backbones: r5', ['ARC2002 1:20 module: std.backbones, name: r5']],
  ['use std.margins: constructor', ['ARC2002 1:18 module: std.margins, name: constructor']],
  ['use "a.b": x', ['ARC2015 1:5 path: a.b']],
  ['use "parts/a.0.arc": x', ['ARC2013 1:5 path: parts/a.0.arc']],
  ['use "parts/c.arc": y', ['ARC2002 1:20 module: parts/c.arc, name: y']],
  ['use "parts/c.arc": x', ['ARC2007 1:20 name: x']],
  ['use "./main.arc": x', ['ARC2005 1:5 chain: [main.arc, main.arc]']],
  ['use parts.c: x\nuse "parts/c.arc": x\nlet y = x', ['ARC2003 2:20 name: x']],
  ['use parts.a: y\nlet z = y', ['ARC2005 1:5 chain: [parts/a.arc, parts/b.arc, parts/a.arc]']],
  ['use parts.c: x\nuse parts.d: x\nlet y = x', ['ARC2008 2:14 name: x, first: parts.c, second: parts.d']],
  ['use parts.c: x\nlet x = 1', ['ARC2004 2:5 name: x, module: parts.c']],
  ['use parts.c: x, x\nlet y = x', ['ARC2003 1:17 name: x']],
  ['let x = 1\nlet x = 2', ['ARC2003 2:5 name: x']],
  ['use parts.c\nlet x = 2', ['ARC2086 2:5 name: x, module: parts/c.arc']],
  ['use parts.c\nuse parts.d\nlet y = x', ['ARC2085 2:1 name: x, first: parts/c.arc, second: parts/d.arc']],
  ['use parts.c: x', ['ARC2007 1:14 name: x']],
  ['use parts.typo: x', ['ARC3006 1:11 text: gib, unit: gib']],
])('%s', (text, said) => {
  const files = {
    'parts/a.arc': 'use b: x\nlet y = x',
    'parts/b.arc': 'use a: y\nlet x = y',
    'parts/c.arc': 'let x = 1',
    'parts/d.arc': 'let x = 2',
    'parts/typo.arc': 'let x = 3 gib',
  }
  expect(brief(checkText(text, files, 'main.arc').diagnostics)).toEqual(said)
})
