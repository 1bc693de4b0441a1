/** `arcc eval --ijb` as text. */
import type { IjbFile } from '../../runtime/evaluate/ijb/ijb-file.ts'
import { ijbNames } from '../../runtime/evaluate/ijb/ijb-set.ts'
import { paragraph } from './fit.ts'
import { formatCount, formatFar, formatPercent, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { facts, right, rowsOf } from './section.ts'

/** A cosine; `–` for a threshold that accepts nothing. */
export function formatCosine(value: number | null): string {
  return value === null ? '–' : value.toFixed(4)
}

/** `folder` is where the results were written. */
export function renderIjb(result: IjbFile, folder: string, look: Look): string[] {
  const { set, network, options, tarAtFar, auc, identification, seconds } = result
  const switches = [
    options.mirrored ? 'with mirror images' : 'without mirror images',
    options.norm ? 'norms kept' : 'norms removed',
    options.detector ? "weighted by the detector's score" : 'not weighted',
  ]
  return [
    ...paragraph(look.palette.strong(`${ijbNames[set.name]}: ${set.path}`), look),
    ...facts(
      [
        [
          'set',
          [
            plural(set.images, 'picture'),
            plural(set.templates, 'template'),
            `${formatCount(set.pairs)} pairs, ${formatCount(set.same)} of one person`,
          ],
        ],
        ['network', [network.backbone, `embedding ${network.embedding}`, network.path]],
        ['templates', switches],
        ['verified', [`area under the curve ${formatPercent(auc, 4)}`, `in ${formatSeconds(seconds)}`]],
      ],
      look,
    ),
    '',
    ...rowsOf(
      [
        { title: 'FAR' },
        { title: 'TAR', ...right },
        { title: 'threshold', ...right },
        { title: 'FAR found', ...right, drop: 1 },
      ],
      tarAtFar.map(({ far, found, tar, threshold }) => [
        formatFar(far),
        formatPercent(tar, 2),
        formatCosine(threshold),
        found === 0 ? '0' : found.toExponential(2),
      ]),
      look,
    ),
    ...(identification === undefined ? [] : ['', ...identificationLines(identification, look)]),
    '',
    ...paragraph(look.palette.quiet(`written to ${folder}`), look),
  ]
}

function identificationLines({ probes, gallery, ranks, tpir }: NonNullable<IjbFile['identification']>, look: Look) {
  return [
    ...facts([['1:N', [plural(probes, 'probe'), `${plural(gallery, 'template')} in the gallery`]]], look),
    ...rowsOf(
      [{ title: 'identified' }, { title: 'share', ...right }, { title: 'threshold', ...right }],
      [
        ...ranks.map(({ rank, rate }) => [`rank ${rank}`, formatPercent(rate, 2), '']),
        ...tpir.map((at) => [`FPIR ${formatFar(at.fpir)}`, formatPercent(at.tpir, 2), formatCosine(at.threshold)]),
      ],
      look,
    ),
  ]
}
