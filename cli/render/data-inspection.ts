/** `arcc data inspect` as text and as JSON. */
import type { BesideSet, Inspection } from '../../runtime/data/inspect/inspect-collection.ts'
import { renderBar } from './bars.ts'
import { paragraph } from './fit.ts'
import { formatBytes, formatCount, formatNumber, plural } from './format.ts'
import type { Look } from './look.ts'
import { barRows, facts } from './section.ts'

/** Rows of a list that are shown before the rest is counted. */
const few = 4

const classesText = (count: number) => `${formatCount(count)} ${count === 1 ? 'class' : 'classes'}`

/** `class 3 (s4)` */
function className(number: number, people: readonly string[] | undefined): string {
  const name = people?.[number]
  return name === undefined ? `class ${number}` : `class ${number} (${name})`
}

/** The first of a list, and how many more there are. */
function some(texts: readonly string[], total: number): string[] {
  const shown = texts.slice(0, few)
  return total > shown.length ? [...shown, `and ${formatCount(total - shown.length)} more`] : shown
}

function histogram({ sizes }: Inspection, look: Look): string[] {
  const rows = sizes.histogram
  if (rows.length < 2) return []
  const most = Math.max(...rows.map(({ classes }) => classes))
  const dash = look.unicode ? '–' : '-'
  return barRows(
    rows.map(({ from, to, classes }) => ({
      name: `${from === to ? formatCount(from) : `${formatCount(from)}${dash}${formatCount(to)}`} ${to === 1 ? 'image' : 'images'}`,
      figure: classesText(classes),
      bar: (width) => renderBar(classes / most, width, look.unicode, 'blank'),
    })),
    look,
  )
}

function damage({ labels, sample }: Inspection, look: Look): string[] {
  const { warning, quiet } = look.palette
  const faults = sample.faults.length
  const found = [
    ...sample.faults.slice(0, few).map(({ message }) => message),
    ...(faults > few ? [`and ${formatCount(faults - few)} more`] : []),
    ...labels.examples.slice(0, few).map(({ image, reason }) => `image ${image}: ${reason}`),
    ...(labels.faults > few ? [`and ${formatCount(labels.faults - few)} more`] : []),
  ]
  const head = [
    ...(faults > 0 ? [warning(`${formatCount(faults)} of ${formatCount(sample.pictures)} sampled pictures`)] : []),
    ...(labels.faults > 0 ? [warning(plural(labels.faults, 'wrong label'))] : []),
  ]
  const none = quiet(`none in ${plural(sample.pictures, 'sampled picture')}`)
  return [
    ...facts([['damage', head.length === 0 ? [none] : head]], look),
    ...found.flatMap((text) => paragraph(text, look, 4)),
    ...(found.length > 0
      ? paragraph(quiet('"arcc data check" reads every picture and lists all faults'), look, 4)
      : []),
  ]
}

/** How the sizes of the classes are distributed; nothing if all are equal. */
function spreadRows({ sizes, people }: Inspection): (readonly [string, readonly string[]])[] {
  const { smallest, largest, quantiles: q } = sizes
  if (smallest.images === largest.images) return []
  const shares = [
    ['5 %', q.p05],
    ['25 %', q.p25],
    ['50 %', q.p50],
    ['75 %', q.p75],
    ['95 %', q.p95],
  ] as const
  return [
    ['smallest', [`${formatCount(smallest.images)}, ${className(smallest.class, people)}`]],
    ['largest', [`${formatCount(largest.images)}, ${className(largest.class, people)}`]],
    ['quantiles', shares.map(([share, images]) => `${share}: ${formatCount(images)}`)],
  ]
}

/** Verification sets, one after the other. */
export function renderPairs(sets: readonly BesideSet[], look: Look): string[] {
  return facts(
    sets.map(({ file, pairs, same, fault }) => [
      'pairs',
      fault === undefined
        ? [file, plural(pairs, 'pair'), `${formatCount(same)} of one person`]
        : [look.palette.warning(fault)],
    ]),
    look,
  )
}

export function renderInspection(inspection: Inspection, look: Look): string[] {
  const { name, images, disk, sizes, people, sample, leftOut, verification } = inspection
  const { warning, strong } = look.palette
  const empty = sizes.emptyExamples.map((number) => className(number, people))
  return [
    ...paragraph(strong(name), look),
    ...facts(
      [
        [
          'images',
          [
            formatCount(images),
            disk.bytes > 0 ? `${disk.estimated ? 'about ' : ''}${formatBytes(disk.bytes)}` : undefined,
          ],
        ],
        ['classes', [formatCount(sizes.classes), `${formatNumber(sizes.mean)} images on average`]],
        ...spreadRows(inspection),
        ...(sizes.empty === 0
          ? []
          : [['', [warning(`${formatCount(sizes.empty)} without a picture:`), ...some(empty, sizes.empty)]] as const]),
      ],
      look,
    ),
    ...histogram(inspection, look),
    ...facts(
      [
        ['formats', sample.formats.map(({ format, pictures }) => `${format} ${formatCount(pictures)}`)],
        [
          'sizes',
          some(
            sample.sizes.map(({ width, height, pictures }) => `${width} × ${height}: ${formatCount(pictures)}`),
            sample.sizes.length,
          ),
        ],
        ...(sample.meanBytes > 0 ? [['', [`${formatBytes(sample.meanBytes)} on average`]] as const] : []),
      ],
      look,
    ),
    ...damage(inspection, look),
    ...facts(
      leftOut.map(({ what, count, examples }) => ['left out', [warning(what), ...some(examples, count)]]),
      look,
    ),
    ...renderPairs(verification, look),
  ]
}

/** The same facts for programs: every figure as a number. */
export function inspectionToJson({ disk, sizes, people, labels, sample, ...rest }: Inspection) {
  const named = (one: { readonly class: number; readonly images: number }) => ({ ...one, name: people?.[one.class] })
  return {
    ...rest,
    bytes: disk.bytes,
    bytesEstimated: disk.estimated,
    classSizes: { ...sizes, smallest: named(sizes.smallest), largest: named(sizes.largest) },
    labelFaults: labels,
    sample,
  }
}
