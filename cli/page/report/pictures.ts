/** Pictures of a run: the hardest pairs, and a sample of the training pictures. */
import type { EvaluationFile } from '../../../runtime/evaluate/report/evaluation-file.ts'
import type { PairPictures, RunPictures } from '../../runs/pictures.ts'
import { type Child, element, empty, type Html, joined, missingNote } from '../html.ts'

type HardPair = EvaluationFile['hardest'][number]

const side = 112

/** A picture, or its name where it was not found. */
function picture(src: `data:image/${string}` | undefined, name: string): Html {
  if (src === undefined) return element('div', { class: 'absent' }, name)
  return empty('img', { src, alt: name, width: side, height: side })
}

/** Two pictures side by side, with their score. */
export function pairFigure({ pair, score, a, b }: HardPair, found: PairPictures | undefined): Html {
  return element(
    'figure',
    { class: 'pair' },
    element('div', { class: 'two' }, picture(found?.a, a), picture(found?.b, b)),
    element('figcaption', {}, `pair ${pair}, cosine ${score.toFixed(4)}`),
  )
}

export function sheetBody({ sheet, sheetGap }: RunPictures): Child {
  if (sheet.length === 0) return missingNote(`The training pictures cannot be shown: ${sheetGap ?? 'none was found'}.`)
  return joined(
    element('p', {}, `${sheet.length} training pictures, spread over the data set, before augmentation.`),
    element(
      'ul',
      { class: 'pictures' },
      sheet.map(({ src, name, label }) => element('li', {}, picture(src, name), label)),
    ),
  )
}
