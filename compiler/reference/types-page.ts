/** `docs/reference/types.md`: types, units and the members of values. */
import { bug } from '../../grammar/diagnostic.ts'
import { quoteList } from '../check/show-type.ts'
import { namedTypes } from '../check/type-nodes.ts'
import { evaluationSetNames } from '../schema/experiment.ts'
import { backboneFigures, listMembers, tensorMembers } from '../schema/members.ts'
import { requireQuantities } from '../schema/objects.ts'
import type { runFigures } from '../schema/run-figures.ts'
import { type Dimension, sameDimension, showDimension, type Unit, unitNames, unitOf } from '../types/dimension.ts'
import type { Type } from '../types/type.ts'
import { type Page, table } from './markdown.ts'

const object = (what: string) => `${what}, declared or from the standard library.`

/** What a value of each type with a name is. */
const meanings: Readonly<Record<string, string>> = {
  int: 'A whole number: `64`. It is also a `float`.',
  float: 'A plain number: `0.1`, `5e-4`, `10%`.',
  bool: '`true` or `false`.',
  string: 'Text in double quotes: `"lfw"`.',
  scalar: 'A plain number that may be known only on the device; [scalar code](../language.md#scalar-code).',
  angle: '`0.5 rad`, `20 deg`.',
  bytes: '`32 GiB`.',
  time: '`20 min`, `3e-6 s`.',
  bandwidth: '`900 GB/s`.',
  flop_rate: '`125 TFLOP/s`.',
  batch: '`128 per device`, `1024 global`.',
  duration: '`2000 steps`, `1 epochs`.',
  list: 'A list of anything; `[int]` is a list of whole numbers.',
  pair: 'A whole number, or two: along the height and along the width.',
  padding: 'As `pair`, or `same`: the size stays.',
  block: 'A block or function of one tensor, as an argument: `activation: block = prelu`.',
  Tensor: 'A tensor of any shape.',
  Image: 'Images [N,H,W,C]; `Image(112, 112, 3)` with their sizes.',
  Tokens: 'Tokens [N,T,C]; `Tokens(49, 256)` with their sizes.',
  Vector: 'Vectors [N,D]; `Vector(512)` with their size.',
  initializer: 'Initial values of a weight: `normal(0.1)`, `zeros()`.',
  link: 'A link between devices: `nvlink(150 GB/s)`.',
  tolerance: 'How much may fail: `skip(at_most: 0.1%)`.',
  rate_group: 'A learning rate for a part of a network: `group("layer4", factor: 0.1)`.',
  average: 'An average of the weights: `ema(decay: 0.9999)`.',
  lr_scaling: 'How a learning rate follows the batch: `linear_scaling(reference: 512)`.',
  backbone: 'A network with some or all of its arguments: `r50`, `r50(embedding: 256)`.',
  margin: object('A margin'),
  optimizer: object('An optimizer'),
  schedule: object('A schedule'),
  device: object('A device'),
  machine: object('A machine'),
  dataset: object('A data set'),
  augmentation: object('An augmentation'),
  verification: object('A verification set'),
  start: object('Weights to start from'),
}

const figures: { readonly [Q in keyof typeof requireQuantities]: string } = {
  'memory.peak': 'Peak of the memory of one device.',
  throughput: 'Images per second of the whole machine.',
  'step.time': 'Duration of one training step.',
}

const ofTheRun: { readonly [Q in keyof typeof runFigures | 'verification.NAME.accuracy']: string } = {
  'run.loss': 'The loss, smoothed over about the last fifty steps.',
  'run.samples_per_second': 'Images per second, without the first two steps and verification.',
  'verification.NAME.accuracy': 'Accuracy on a verification set of the experiment, the last one measured.',
}

function meaningOf(name: string, type: Type): string {
  const known = meanings[name]
  if (known !== undefined) return known
  if (type.kind === 'enum') return `One of the names ${quoteList(type.members, 'or')}.`
  return bug(`the type \`${name}\` has no sentence in types-page.ts`)
}

function types(): readonly string[] {
  const rows = [...namedTypes].map(([name, type]) => [`\`${name}\``, meaningOf(name, type)])
  return [
    '## Types',
    '',
    'A parameter or a `let` may declare one of these types, a list of one (`[int]`), or one that may be missing (`int?`).',
    '',
    ...table(['Type', 'Values'], rows),
  ]
}

/** `2^10 B`, `0.01`: the size of a unit in the base unit of its dimension. */
function sizeOf({ factor, dimension }: Unit, base: string): string {
  if (dimension.radian === 1) return 'π/180 rad'
  const [power, decimals] = [Math.log2(factor), Math.log10(factor)]
  const isPower = factor >= 1000 && Number.isInteger(power)
  const isDecimal = Math.abs(decimals) > 3 && Number.isInteger(decimals)
  const text = isPower ? `2^${power}` : isDecimal ? `1e${decimals}` : `${factor}`
  return base === '' ? text : `${text} ${base}`
}

interface Family {
  readonly dimension: Dimension
  readonly members: { readonly name: string; readonly unit: Unit }[]
}

/** The units by dimension, in the order of the table of units. */
function families(): readonly Family[] {
  const found: Family[] = []
  for (const name of unitNames) {
    const unit = unitOf(name)
    if (unit === undefined) continue
    const family = found.find(({ dimension }) => sameDimension(dimension, unit.dimension))
    if (family === undefined) found.push({ dimension: unit.dimension, members: [{ name, unit }] })
    else family.members.push({ name, unit })
  }
  return found
}

/** The base unit of a rate that the table does not have by itself: `B/s`. */
function showBase(dimension: Dimension): string {
  const bases = ['B/s', 'FLOP/s']
  return bases.find((name) => sameDimension(unitOf(name)?.dimension ?? {}, dimension)) ?? ''
}

function units(): readonly string[] {
  const rows = families().map(({ dimension, members }) => {
    const base = members.find(({ unit }) => unit.factor === 1)?.name ?? showBase(dimension)
    const sizes = members.map(({ name, unit }) =>
      unit.factor === 1 ? `\`${name}\`` : `\`${name}\` = ${sizeOf(unit, base)}`,
    )
    return [showDimension(dimension), sizes.join(', ')]
  })
  return [
    '## Units',
    '',
    'A unit follows its number: `30 GiB`, `10%`. Every unit with `/s` is one too: `MB/s`. `per device` and `global` are not units: they make',
    'a whole number of samples a batch.',
    '',
    ...table(['Of', 'Units'], rows),
    'Two numbers with units of one kind are added, subtracted and compared, whatever their units: `1 GiB + 512 MiB`, `20 deg < 0.5 rad`.',
    'Products and quotients multiply and divide the units: `4 * 12.5 GB/s`, `(30 GiB - memory) / 1 GiB` is a plain number. A plain number',
    'never becomes a quantity by itself: `n * 1 GiB`, `x * 1 rad`. An `int` is a `float` where one is wanted; a `float` is never an `int`, but',
    '`floor`, `ceil` and `round` of a number known before the run are. Numbers with the unit `steps` or `epochs` are a `duration` where one is',
    'wanted. `cos` and `sin` also take plain numbers, in radians.',
    '',
  ]
}

function members(): readonly string[] {
  const docs = (table: Readonly<Record<string, { readonly doc: string }>>) =>
    Object.entries(table).map(([name, { doc }]) => [`\`.${name}\``, doc])
  const sizes = Object.entries(tensorMembers).map(([name, { forms, doc }]) => [
    `\`.${name}\``,
    forms.map((form) => `\`${form}\``).join(', '),
    doc,
  ])
  return [
    '## Members of values',
    '',
    'Of tensors; a `Tensor` may turn out to have any of them:',
    '',
    ...table(['Member', 'Of', 'Meaning'], sizes),
    'Of backbones that have all of their arguments, and in addition each argument that was passed, by its name:',
    '',
    ...table(['Member', 'Meaning'], docs(backboneFigures)),
    'Of lists:',
    '',
    ...table(['Member', 'Meaning'], docs(listMembers)),
    'Objects (margins, machines, …) have their [fields](../fields.md), the sections of their fields, and their parameters:',
    '`dgx_v100().device.memory`, `dgx_v100().links.within`, `arcface(m: 0.4 rad).m`. Their methods are called: `cosface().target(0.5)`.',
    'A record has its fields.',
    '',
  ]
}

function requirements(): readonly string[] {
  const rows = Object.entries(requireQuantities).map(([name, { dimension }]) => [
    `\`${name}\``,
    showDimension(dimension),
    figures[name as keyof typeof requireQuantities],
  ])
  return [
    '## Figures that a `require` of an experiment bounds',
    '',
    ...table(['Figure', 'In', 'Meaning'], rows),
    'The plan lists requirements of the following figures as checked later; a run checks them when it ends.',
    '',
    ...table(
      ['Figure', 'Meaning'],
      Object.entries(ofTheRun).map(([name, meaning]) => [`\`${name}\``, meaning]),
    ),
    '## Names of verification sets',
    '',
    `${quoteList(evaluationSetNames)}: \`holdout\` is made of the held-out identities of the data set, the others are files`,
    '`<root>/<name>.bin`. They need no `use`, like all names that a field lists.',
    '',
  ]
}

export function typesPage(): Page {
  return {
    path: 'docs/reference/types.md',
    title: 'Types, units and members',
    source: 'the tables of the compiler',
    lines: [...types(), ...units(), ...members(), ...requirements()],
  }
}
