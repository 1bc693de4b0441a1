/** `arcc eval --all-to-all`, and its plan, as text. */
import { allToAllRates } from '../../runtime/evaluate/all-to-all/all-to-all.ts'
import type { AllToAllEstimate } from '../../runtime/evaluate/all-to-all/estimate.ts'
import type { PairCounts } from '../../runtime/evaluate/all-to-all/pair-blocks.ts'
import type { AllToAllFile } from '../../runtime/evaluate/ijb/ijb-file.ts'
import { undeterminedLines } from './evaluation.ts'
import { paragraph } from './fit.ts'
import { formatBytes, formatCount, formatFar, formatPercent, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { facts, right, rowsOf } from './section.ts'

/** `folder` is where the results were written. */
export function renderAllToAll(result: AllToAllFile, folder: string, look: Look): string[] {
  const { set, network, genuine, impostors, tarAtFar, passes, seconds } = result
  const undetermined = allToAllRates.filter((rate) => !tarAtFar.some(({ far }) => far === rate)).toReversed()
  return [
    ...paragraph(look.palette.strong(`all pairs: ${set.name}`), look),
    ...facts(
      [
        ['set', [plural(set.images, 'picture'), `${formatCount(set.people)} people`]],
        ['pairs', [`${formatCount(genuine)} of one person`, `${formatCount(impostors)} of two`]],
        ['network', [network.backbone, `embedding ${network.embedding}`, network.path]],
        ['compared', [plural(passes, 'time'), `in ${formatSeconds(seconds)}`]],
      ],
      look,
    ),
    '',
    ...rowsOf(
      [
        { title: 'FAR' },
        { title: 'TAR', ...right },
        { title: 'threshold', ...right },
        { title: 'false accepts', ...right, drop: 1 },
        { title: 'true accepts', ...right, drop: 0 },
      ],
      tarAtFar.map(({ far, tar, threshold, falseAccepts, trueAccepts }) => [
        formatFar(far),
        formatPercent(tar, 2),
        String(threshold.toPrecision(9)),
        formatCount(falseAccepts),
        formatCount(trueAccepts),
      ]),
      look,
    ),
    ...undeterminedLines(undetermined, impostors, look),
    '',
    ...paragraph(look.palette.quiet(`written to ${folder}`), look),
  ]
}

/** What a comparison of all pictures takes, and of what it was determined. */
export interface AllToAllPlan extends AllToAllEstimate, PairCounts {
  readonly images: number
  readonly people: number
  /** For display. */
  readonly device: string
  readonly devices: number
  /** Seconds of the network on all pictures, on all devices. */
  readonly embeddingSeconds: number
}

export function renderEstimate(plan: AllToAllPlan, look: Look): string[] {
  const { images, people, genuine, impostors, device, devices, blocks, seconds, embeddingSeconds } = plan
  return [
    ...paragraph(look.palette.strong('plan of comparing all pairs'), look),
    ...facts(
      [
        ['set', [plural(images, 'picture'), `${formatCount(people)} people`]],
        ['pairs', [`${formatCount(genuine)} of one person`, `${formatCount(impostors)} of two`]],
        ['devices', [device]],
        [
          'memory',
          [`${formatBytes(plan.deviceBytes)} on each device`, `${formatBytes(plan.hostBytes)} of the process`],
        ],
        [
          'time',
          [
            `embeddings ${formatSeconds(embeddingSeconds)}`,
            `${plural(blocks, 'block')} ${formatSeconds(seconds)} for each pass on ${plural(devices, 'device')}`,
          ],
        ],
      ],
      look,
    ),
    ...paragraph(
      look.palette.quiet('measured on these devices; reading the pictures may take longer; one pass is usually enough'),
      look,
      2,
    ),
  ]
}
