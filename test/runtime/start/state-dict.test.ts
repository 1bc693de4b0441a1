/** Finding a network in the dictionaries of a file. */
import { expect, test } from 'vitest'
import type { ElementType } from '../../../runtime/start/element-types.ts'
import { findStateDict, type Wanted } from '../../../runtime/start/state-dict.ts'
import type { TensorDictionary } from '../../../runtime/start/weights-file.ts'
import { anError } from '../../helpers/facts.ts'

const shapes = new Map([
  ['conv1.weight', [4, 3, 3, 3]],
  ['bn1.weight', [4]],
  ['bn1.running_mean', [4]],
  ['prelu.weight', [4]],
  ['fc.weight', [8, 36]],
])

const wanted = (options: Partial<Wanted> = {}): Wanted => {
  const { except = [], ...rest } = options
  const kept = [...shapes].filter(([name]) => !except.some((path) => name.startsWith(`${path}.`)))
  return { backbone: 'narrow', shapes: new Map(kept), except, beside: new Set(), ...rest }
}

/** Tensors as `name shape type`: the wanted ones, with changes. */
function dictionary(
  path: readonly string[],
  changes: Record<string, readonly number[] | ElementType | null> = {},
  prefix = '',
) {
  const tensors = new Map([...shapes].map(([name, shape]) => [prefix + name, { type: 'f32' as ElementType, shape }]))
  for (const [name, change] of Object.entries(changes)) {
    const before = tensors.get(name) ?? { type: 'f32' as ElementType, shape: [1] }
    if (change === null) tensors.delete(name)
    else tensors.set(name, typeof change === 'string' ? { ...before, type: change } : { ...before, shape: [...change] })
  }
  const rows = async () => new Float32Array(0)
  const result: TensorDictionary = { path, tensors: new Map([...tensors].map(([name, t]) => [name, { ...t, rows }])) }
  return result
}

test.each([
  ['plain', [dictionary([])], '', []],
  ['of DistributedDataParallel', [dictionary([], {}, 'module.')], 'module.', []],
  ['compiled and wrapped', [dictionary([], {}, '_orig_mod.module.')], '_orig_mod.module.', []],
  ['nested', [dictionary(['optimizer'], { 'conv1.weight': null }), dictionary(['state_dict'])], '', ['state_dict']],
  ['beside its average', [dictionary(['state_dict_ema']), dictionary(['state_dict'])], '', ['state_dict']],
  [
    'arcface_torch',
    [dictionary(['state_dict_softmax_fc'], {}, 'x'), dictionary(['state_dict_backbone'])],
    '',
    ['state_dict_backbone'],
  ],
])('%s', (_, dictionaries, prefix, path) => {
  const found = findStateDict('a.pt', dictionaries, wanted())
  expect([found.prefix, found.dictionary.path]).toEqual([prefix, path])
  expect([...found.tensors.keys()]).toEqual([...shapes.keys()])
})

test('counters of batches are ignored and counted', () => {
  const counters = { 'module.bn1.num_batches_tracked': 'i64', num_batches_tracked: 'i64' } as const
  const found = findStateDict('a.pt', [dictionary([], counters, 'module.')], wanted())
  expect([found.counters, found.tensors.size, found.leftOut]).toEqual([2, shapes.size, 0])
})

test('parts that start anew: the tensors of the file below them are left out, whatever their shapes', () => {
  const found = findStateDict(
    'a.pt',
    [dictionary([], { 'fc.weight': [9, 9], 'fc.bias': [9] })],
    wanted({ except: ['fc'] }),
  )
  expect([found.leftOut, [...found.tensors.keys()]]).toEqual([2, [...shapes.keys()].slice(0, 4)])
})

test('everything that does not fit is named at once', () => {
  const changes = {
    'prelu.weight': null,
    'relu.weight': [4],
    'head.weight': [10, 8],
    'fc.weight': [8, 49],
    'bn1.weight': 'i64',
  } as const
  expect(() => findStateDict('a.pt', [dictionary([], changes)], wanted())).toThrow(
    anError('ARC6763', {
      fits: 2,
      faults: [
        '1 missing: prelu.weight (perhaps relu.weight)',
        '2 left over: relu.weight, head.weight',
        '2 misshapen: bn1.weight has elements of type i64, fc.weight is 8 × 49, and 8 × 36 here',
      ],
    }),
  )
})

test('another network: all names of both', () => {
  const other: TensorDictionary = {
    path: [],
    tensors: new Map([['stem.weight', { type: 'f32', shape: [4], rows: async () => new Float32Array(0) }]]),
  }
  expect(() => findStateDict('a.pt', [other], wanted())).toThrow(
    anError('ARC6763', {
      fits: 0,
      faults: [`5 missing: ${[...shapes.keys()].join(', ')}`, '1 left over: stem.weight'],
    }),
  )
})

test('two networks that fit equally well', () => {
  expect(() => findStateDict('a.pt', [dictionary(['online']), dictionary(['target'])], wanted())).toThrow(
    anError('ARC6764', { places: ['online / …', 'target / …'] }),
  )
})

test('no tensors at all', () => {
  expect(() => findStateDict('a.pt', [], wanted())).toThrow(anError('ARC6760', { reason: 'it has no tensors' }))
})
