/**
 * Finds the tensors of a network in a file: in which of its dictionaries they are, behind which prefix (`module.` of
 * DistributedDataParallel), and how they differ from those that the network needs.
 */
import { sameShape } from '../../compiler/ir/dtype.ts'
import { need } from '../../grammar/diagnostic.ts'
import { nearest } from '../../grammar/suggest.ts'
import { isFloatType } from './element-types.ts'
import type { FileTensor } from './file-tensor.ts'
import { startErrors } from './messages.ts'
import type { TensorDictionary } from './weights-file.ts'

export interface StateDict {
  readonly dictionary: TensorDictionary
  /** What precedes the names of the network: `module.`, or nothing. */
  readonly prefix: string
  /** By the names of the network. */
  readonly tensors: ReadonlyMap<string, FileTensor>
  /** Counters of batches, which arcc does not have. */
  readonly counters: number
  /** Tensors of the file below paths that are left out. */
  readonly leftOut: number
}

export interface Wanted {
  /** For messages: `r18`. */
  readonly backbone: string
  /** Shapes by name, in the dim order of files. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  /** Paths that start anew. */
  readonly except: readonly string[]
  /** Names of tensors that are not of the network but no mistake either. */
  readonly beside: ReadonlySet<string>
}

/** Whether a name is at or below one of the paths. */
export function isBelow(name: string, paths: readonly string[]): boolean {
  return paths.some((path) => name === path || name.startsWith(`${path}.`))
}

const counter = /(^|\.)num_batches_tracked$/

/** Keys under which programs save the network, the likeliest first. */
const usualKeys: readonly string[] = [
  ...['state_dict_backbone', 'state_dict', 'backbone', 'model', 'model_state_dict', 'net', 'network', 'module'],
]

interface Candidate {
  readonly dictionary: TensorDictionary
  readonly prefix: string
  /** Names of the network that it has. */
  readonly matches: number
  /** Place among the usual keys. */
  readonly rank: number
}

/** Throws ARC6763 with everything that does not fit, ARC6764 if several dictionaries fit equally well. */
export function findStateDict(file: string, dictionaries: readonly TensorDictionary[], wanted: Wanted): StateDict {
  const candidates = dictionaries.flatMap((dictionary) => candidatesOf(dictionary, wanted))
  const [best, second] = candidates.toSorted(
    (a, b) => b.matches - a.matches || a.rank - b.rank || b.dictionary.tensors.size - a.dictionary.tensors.size,
  )
  if (best === undefined) throw startErrors('ARC6760', { file, reason: 'it has no tensors' })
  const isTie = second !== undefined && second.matches === best.matches && second.rank === best.rank
  if (isTie && best.matches > 0) throw startErrors('ARC6764', { file, places: [placeOf(best), placeOf(second)] })
  return fitted(file, best, wanted)
}

const placeOf = ({ dictionary, prefix }: Candidate) => [...dictionary.path, `${prefix}…`].join(' / ')

function candidatesOf(dictionary: TensorDictionary, { shapes }: Wanted): readonly Candidate[] {
  const names = [...shapes.keys()]
  const prefixes = new Set([''])
  // All tensors of a network have the same prefix, so that a few names are enough to find it.
  for (const probe of names.slice(0, 3)) {
    for (const name of dictionary.tensors.keys()) {
      if (name.endsWith(`.${probe}`)) prefixes.add(name.slice(0, -probe.length))
    }
  }
  const rank = usualKeys.indexOf(dictionary.path.at(-1) ?? '')
  return [...prefixes].map((prefix) => ({
    dictionary,
    prefix,
    matches: names.filter((name) => dictionary.tensors.has(prefix + name)).length,
    rank: rank < 0 ? usualKeys.length : rank,
  }))
}

const shapeText = (shape: readonly number[]) => (shape.length === 0 ? 'a number' : shape.join(' × '))

function fitted(file: string, { dictionary, prefix }: Candidate, wanted: Wanted): StateDict {
  const { shapes, except, beside, backbone } = wanted
  const tensors = new Map<string, FileTensor>()
  const extra = new Map<string, FileTensor>()
  let counters = 0
  let leftOut = 0
  for (const [full, tensor] of dictionary.tensors) {
    const name = full.startsWith(prefix) ? full.slice(prefix.length) : full
    if (counter.test(name)) counters += 1
    else if (isBelow(name, except)) leftOut += 1
    else if (shapes.has(name) && full === prefix + name) tensors.set(name, tensor)
    else if (!beside.has(full)) extra.set(full, tensor)
  }
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name))
  const misshapen = [...tensors].flatMap(([name, { shape, type }]) => {
    const due = need(shapes.get(name), name)
    if (!isFloatType(type)) return [`${name} has elements of type ${type}`]
    return sameShape(shape, due) ? [] : [`${name} is ${shapeText(shape)}, and ${shapeText(due)} here`]
  })
  const faults = [
    ...listed('missing', tensors.size === 0 ? missing : withNearest(missing, shapes, extra)),
    ...listed('left over', [...extra.keys()]),
    ...listed('misshapen', misshapen),
  ]
  if (faults.length > 0) throw startErrors('ARC6763', { file, backbone, faults, fits: tensors.size - misshapen.length })
  return { dictionary, prefix, tensors, counters, leftOut }
}

function listed(what: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${names.length} ${what}: ${names.join(', ')}`]
}

/** More names than these are another network, not misspelt ones. */
const mostMisspelt = 40

/** Missing names, each with the left-over tensor of its shape that has the nearest name. */
function withNearest(
  missing: readonly string[],
  shapes: Wanted['shapes'],
  extra: ReadonlyMap<string, FileTensor>,
): readonly string[] {
  if (missing.length > mostMisspelt) return missing
  return missing.map((name) => {
    const due = need(shapes.get(name), name)
    const similar = [...extra].flatMap(([other, { shape }]) => (sameShape(shape, due) ? [other] : []))
    const meant = nearest(name, similar)
    return meant === undefined ? name : `${name} (perhaps ${meant})`
  })
}
