/** `arcc checkpoint inspect` and `verify` as text and as JSON. */
import { elementCount, showType } from '../../compiler/ir/dtype.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Checkpoint } from '../../runtime/checkpoint/open-checkpoint.ts'
import type { Verification } from '../../runtime/checkpoint/verify-checkpoint.ts'
import { paragraph } from './fit.ts'
import { formatBytes, formatCount, formatNumber, formatPercent, plural } from './format.ts'
import { labelledText } from './label.ts'
import type { Look } from './look.ts'
import { facts, right, rowsOf } from './section.ts'

type Opened = Pick<Checkpoint, 'path' | 'manifest' | 'types' | 'tables' | 'contents'>

/** Tensors of a file that are shown by name. */
const mostShown = 6

/** `others` are the steps of the other checkpoints of the run. */
export function renderCheckpoint(checkpoint: Opened, others: readonly number[], look: Look): string[] {
  const { path, manifest, tables } = checkpoint
  const { experiment, step, epoch, reason, devices, classes, arcc, files, metrics } = manifest
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0)
  const rows = files.map(({ name, bytes }) => {
    const tensors = [...need(checkpoint.contents.get(name), name).values()]
    const elements = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0)
    return [name, formatCount(tensors.length), formatCount(elements), formatBytes(bytes)]
  })
  return [
    ...paragraph(look.palette.strong(path), look),
    ...facts(
      [
        ['run', [experiment, `step ${formatCount(step)}`, `epoch ${formatNumber(epoch)}`, reasonText[reason]]],
        ['written', [`by arcc ${arcc}`, `on ${plural(devices, 'device')}`]],
        ['centers', tables.size === 0 ? [] : [`${formatCount(classes)} classes`, ...tableTexts(checkpoint)]],
        ['verified', metrics.map(({ set, accuracy }) => `${set} ${formatPercent(accuracy, 2)}`)],
        ['others', others.length === 0 ? [] : [`steps ${others.map(formatCount).join(', ')}`]],
      ].filter((row): row is [string, string[]] => (row[1]?.length ?? 0) > 0),
      look,
    ),
    '',
    ...rowsOf(
      [{ title: 'file' }, { title: 'tensors', ...right }, { title: 'elements', ...right }, { title: 'size', ...right }],
      [...rows, ['total', '', '', formatBytes(total)]],
      look,
    ),
  ]
}

const reasonText: { readonly [R in Opened['manifest']['reason']]: string } = {
  interval: 'at an interval',
  best: 'best verification',
  end: 'at the end',
  interrupted: 'when it was interrupted',
  failed: 'when it failed',
}

function tableTexts({ tables, types }: Opened): string[] {
  const texts = [...tables].map((name) => `${name} ${showType(need(types.get(name), name))}`)
  return texts.length > mostShown ? [...texts.slice(0, mostShown), `and ${texts.length - mostShown} more`] : texts
}

/** The manifest, every tensor with type and shape, and the steps of the other checkpoints. */
export function checkpointToJson({ path, manifest, types, contents, tables }: Opened, others: readonly number[]) {
  const fileOf = new Map([...contents].flatMap(([file, own]) => [...own.keys()].map((name) => [name, file] as const)))
  const tensors = [...types].map(([name, { dtype, shape }]) => {
    return { name, dtype, shape, ...(tables.has(name) ? { byClass: true } : { file: fileOf.get(name) }) }
  })
  return { path, manifest, tensors, otherSteps: others }
}

/** One line if it is intact, one more for each fault. */
export function renderVerification({ path, manifest, tensors, faults }: Verification, look: Look): string[] {
  const { good, error } = look.palette
  if (faults.length > 0)
    return [...labelledText('damaged', path, look, error), ...faults.flatMap((fault) => paragraph(fault, look, 4))]
  const what = manifest === undefined ? '' : `, step ${formatCount(manifest.step)}, ${plural(tensors, 'tensor')}`
  return labelledText('intact', `${path}${what}`, look, good)
}
