/** `train.augment` as plain data: each augmentation with exactly the fields of its operation, and mirroring apart from the others. */
import type { Related } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import { attempt, type Context, fail } from '../evaluate/context.ts'
import { placeOfValue } from '../evaluate/object.ts'
import { showFloat } from '../evaluate/show.ts'
import type { AugmentOp, AugmentSpec, NumberRange } from '../experiment/augmentation.ts'
import { augmentation as schema } from '../schema/augmentation.ts'
import type { SectionValues } from '../schema/values.ts'
import { own } from '../types/own.ts'
import type { EvaluateMessages, ParamsOf } from '../values/messages.ts'
import type { ObjectValue } from '../values/value.ts'
import { readObject } from './read.ts'

type Fields = SectionValues<typeof schema>
type RangeField = { [K in keyof Fields]: Fields[K] extends readonly number[] | undefined ? K : never }[keyof Fields]

/** One augmentation of the list. */
interface Item {
  readonly name: string
  readonly fields: Fields
  /** The fields of its operation, as they are read. */
  readonly known: Set<string>
  /** Reports a mistake at its place. */
  refuse<K extends keyof EvaluateMessages>(
    code: K,
    params: ParamsOf<K>,
    notes?: readonly string[],
    /** The field whose value is wrong. */
    field?: string,
  ): never
}

/** `hueShift` → `hue_shift`: the name of a field in the language. */
function fieldName(member: string): string {
  return member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function need<K extends keyof Fields>(item: Item, member: K): NonNullable<Fields[K]> {
  item.known.add(member)
  return item.fields[member] ?? item.refuse('ARC4240', { op: item.fields.op, field: fieldName(member) })
}

function needRange(item: Item, member: RangeField): NumberRange {
  const values: readonly number[] = need(item, member)
  const [low, high, ...more] = values
  if (low !== undefined && high !== undefined && low <= high && more.length === 0) return [low, high]
  const doc = own(schema.fields, fieldName(member))?.doc
  const notes = [...(doc === undefined ? [] : [doc]), 'for a fixed value, write it twice']
  const found = `[${values.map(showFloat).join(', ')}]`
  return item.refuse('ARC4242', { path: `${item.name}.${fieldName(member)}`, found }, notes, fieldName(member))
}

function needOdd(item: Item, member: RangeField): NumberRange {
  const range = needRange(item, member)
  const even = range.find((value) => value % 2 === 0)
  if (even === undefined) return range
  return item.refuse(
    'ARC4243',
    { path: `${item.name}.${fieldName(member)}`, found: even },
    [`a window has a pixel in its middle: ${even - 1} and ${even + 1} work`],
    fieldName(member),
  )
}

/** The operation with its own fields; `undefined` for `flip`. */
function operationOf(item: Item): AugmentOp | undefined {
  const probability = need(item, 'probability')
  const { op } = item.fields
  switch (op) {
    case 'flip':
      return undefined
    case 'crop':
      return { op, probability, scale: need(item, 'scale'), ratio: need(item, 'ratio'), resize: need(item, 'resize') }
    case 'low_resolution':
      return { op, probability, side: needRange(item, 'side'), interpolation: need(item, 'interpolation') }
    case 'jitter': {
      const [brightness, contrast] = [need(item, 'brightness'), need(item, 'contrast')]
      return { op, probability, brightness, contrast, saturation: need(item, 'saturation'), hue: need(item, 'hue') }
    }
    case 'hsv': {
      const hueShift = needRange(item, 'hueShift')
      return { op, probability, hueShift, saturationFactor: needRange(item, 'saturationFactor') }
    }
    case 'blur':
      return { op, probability, window: needOdd(item, 'window') }
    case 'gray':
      return { op, probability }
    case 'cutout': {
      const area = needRange(item, 'area')
      return { op, probability, area, ratio: need(item, 'ratio'), fill: need(item, 'fill') }
    }
    case 'jpeg':
      return { op, probability, quality: needRange(item, 'quality') }
  }
}

/** Why the operation leaves every image as it is, whatever its probability; `undefined` if it does not. */
function emptiness(op: AugmentOp, channels: number | undefined): string | undefined {
  const isGray = channels === 1
  switch (op.op) {
    case 'crop':
      return op.scale === 1 ? '`scale: 1` keeps all of it' : undefined
    case 'low_resolution':
      return op.side[0] === 1 ? '`side: [1, 1]` keeps its size' : undefined
    case 'jitter': {
      if (op.brightness > 0 || op.contrast > 0) return undefined
      if (op.saturation === 0 && op.hue === 0)
        return 'none of `brightness`, `contrast`, `saturation` and `hue` is above 0'
      return isGray ? 'saturation and hue need images with three channels' : undefined
    }
    case 'hsv': {
      const isStill = [...op.hueShift, ...op.saturationFactor.map((factor) => factor - 1)].every((by) => by === 0)
      if (isStill) return 'neither `hue_shift` nor `saturation_factor` is set'
      return isGray ? 'it needs images with three channels' : undefined
    }
    case 'gray':
      return isGray ? 'the images have one channel' : undefined
    case 'blur':
    case 'cutout':
    case 'jpeg':
      return undefined
  }
}

/**
 * The augmentations of images with this number of channels, `undefined` if that is unknown; `place` is that of the list. Returns
 * `undefined` after reported errors; those of all augmentations are reported.
 */
export function resolveAugment(
  objects: readonly ObjectValue[],
  channels: number | undefined,
  place: Span,
  context: Context,
): AugmentSpec | undefined {
  // An augmentation that a function of the standard library returns has its place there, where the user can change nothing.
  const spanOf = ({ span }: ObjectValue): Span => (span.source.path.startsWith('std/') ? place : span)
  const ops: AugmentOp[] = []
  const flips: { readonly probability: number; readonly span: Span }[] = []
  const resolveOne = (object: ObjectValue): true | undefined => {
    const fields = readObject(schema, object, context)
    if (fields === undefined) return undefined
    const name = object.decl.name.text
    const declared: Related = { span: object.decl.name.span, message: `\`${name}\` is declared here` }
    const item: Item = {
      name,
      fields,
      known: new Set(['op']),
      refuse: (code, params, notes = [], field = '') => {
        const given = placeOfValue(object, field)
        const isTheirs = given !== undefined && !given.source.path.startsWith('std/')
        return fail(context, code, params, isTheirs ? given : spanOf(object), { notes, related: [declared] })
      },
    }
    const op = operationOf(item)
    for (const [member, value] of Object.entries(fields))
      if (value !== undefined && !item.known.has(member))
        item.refuse('ARC4241', { op: fields.op, field: fieldName(member) })
    if (op === undefined) {
      flips.push({ probability: fields.probability, span: spanOf(object) })
      return true
    }
    const why = emptiness(op, channels)
    if (why !== undefined) item.refuse('ARC4245', { name, why })
    ops.push(op)
    return true
  }
  const done = objects.map((object) => attempt(() => resolveOne(object)))
  const [first, second] = flips
  if (first !== undefined && second !== undefined)
    attempt(() =>
      fail(context, 'ARC4244', { count: flips.length }, second.span, {
        label: 'keep one of them',
        related: [{ span: first.span, message: 'the first is here' }],
      }),
    )
  return done.includes(undefined) || flips.length > 1 ? undefined : { flip: first?.probability ?? 0, ops }
}
