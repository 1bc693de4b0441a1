/** What the commands that write data sets say at the end. */
import type { Sheet } from '../../runtime/data/pack/draw-sheet.ts'
import type { Packed } from '../../runtime/data/pack/pack-collection.ts'
import type { WrittenPairs } from '../../runtime/data/pack/write-pairs.ts'
import { paragraph } from './fit.ts'
import { formatBytes, formatCount, formatRate, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { facts } from './section.ts'

export function packedLines(packed: Packed, seconds: number, look: Look): string[] {
  const { file, images, classes, bytes, skipped, skippedExamples, width, height } = packed
  return [
    ...paragraph(`${look.palette.good('written')}  ${file}`, look),
    ...facts(
      [
        [
          'images',
          [
            formatCount(images),
            `${formatCount(classes)} ${classes === 1 ? 'class' : 'classes'}`,
            `${width} × ${height}`,
            formatBytes(bytes),
          ],
        ],
        ['speed', [formatRate(images / seconds, 'images'), formatSeconds(seconds)]],
      ],
      look,
    ),
    ...(skipped === 0 ? [] : paragraph(look.palette.warning(`left out: ${plural(skipped, 'picture')}`), look)),
    ...skippedExamples.flatMap(({ message }) => paragraph(message, look, 2)),
    ...(skipped > skippedExamples.length ? [`  and ${formatCount(skipped - skippedExamples.length)} more`] : []),
  ]
}

export function pairsLines({ file, pairs, images, people, bytes }: WrittenPairs, look: Look): string[] {
  const half = formatCount(pairs / 2)
  return [
    ...paragraph(`${look.palette.good('written')}  ${file}`, look),
    ...facts(
      [
        ['pairs', [formatCount(pairs), `${half} of one person`, `${half} of two`]],
        ['pictures', [formatCount(images), `of ${formatCount(people)} people`, formatBytes(bytes)]],
      ],
      look,
    ),
  ]
}

export function sheetLines({ file, pictures, width, height }: Sheet, look: Look): string[] {
  return paragraph(
    `${look.palette.good('written')}  ${file}  ${plural(pictures, 'picture')}, ${width} × ${height}`,
    look,
  )
}
