/** Verification: over the steps of a run, and in depth where `arcc eval` was run. */

import type { EvaluationFile } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { farName } from '../../../runtime/logs/scalars.ts'
import { histogramChart } from '../../charts/histogram.ts'
import { lineChart } from '../../charts/line-chart.ts'
import { formatCount, formatNumber, formatPercent } from '../../render/format.ts'
import type { RunPictures } from '../../runs/pictures.ts'
import type { RateResult } from '../../runs/rate-result.ts'
import type { Run } from '../../runs/read-run.ts'
import { chartFigure, chartGrid } from '../chart-figure.ts'
import { type Child, code, element, type Html, joined, missingNote, paragraph } from '../html.ts'
import { closed, dataTable, factList } from '../parts.ts'
import { accuracyCurves, heading } from './curves.ts'
import { accuracyText, measureText } from './overview.ts'
import { pairFigure } from './pictures.ts'

/** Rows of the table of evaluations. */
const mostRows = 200

export function evaluationsBody(run: Run): Child {
  const evaluations = run.log?.evaluations ?? []
  if (evaluations.length === 0)
    return missingNote(
      'The log has no verification: the experiment has no ',
      code('evaluate.sets'),
      ', or none was reached.',
    )
  const fars = [...new Set(evaluations.flatMap(({ tarAtFar }) => tarAtFar.map(({ far }) => far)))]
    .sort((a, b) => b - a)
    .slice(0, 6)
  const hidden = evaluations.length - mostRows
  const table = dataTable({
    caption: 'Verifications during training',
    columns: [
      { title: 'set', kind: 'head' },
      { title: 'step', kind: 'number' },
      { title: 'accuracy', kind: 'number' },
      { title: 'AUC', kind: 'number' },
      ...fars.map((far) => ({ title: `TAR at FAR ${farName(far)}`, kind: 'number' as const })),
      { title: 'norm', kind: 'number' },
      { title: 'pairs', kind: 'number' },
    ],
    rows: evaluations.slice(-mostRows).map((event) => [
      event.set,
      formatCount(event.step),
      event.measure === undefined
        ? accuracyText(event.accuracy, event.deviation)
        : `${accuracyText(event.accuracy)}${measureText(event.measure)}`,
      event.auc.toFixed(4),
      ...fars.map((far) => {
        const found = event.tarAtFar.find((point) => point.far === far)
        return found === undefined ? '' : formatPercent(found.tar, 2)
      }),
      formatNumber(event.xnorm),
      formatCount(event.pairs),
    ]),
  })
  return joined(
    accuracyCurves([run]),
    evaluations.length > 12
      ? closed(`All ${formatCount(Math.min(mostRows, evaluations.length))} verifications as a table`, table)
      : table,
    hidden > 0 ? paragraph(`${formatCount(hidden)} earlier ones are not listed.`) : undefined,
  )
}

/** Bins of a histogram: more cannot be told apart. */
const mostBins = 2000
/** Points of a ROC. */
const mostPoints = 2000

const cosine = (value: number | null) => (value === null ? 'none' : value.toFixed(4))

/** The points of a ROC that a logarithmic axis can show. */
const rocPoints = ({ roc }: EvaluationFile) =>
  roc
    .slice(0, mostPoints)
    .flatMap(({ far, tar }): [number, number][] => (far > 0 ? [[far, tar]] : []))
    .sort((a, b) => a[0] - b[0])

/** The ROC of one or several networks on a set. */
export function rocFigure(
  title: string,
  evaluations: readonly { readonly name: string; readonly file: EvaluationFile }[],
): Html {
  return chartFigure((size) =>
    lineChart({
      title,
      x: { label: 'false accept rate', scale: 'log' },
      y: { label: 'true accept rate', scale: 'linear' },
      series: evaluations.map(({ name, file }) => ({ name, points: rocPoints(file) })),
      ...size,
    }),
  )
}

function scoreFigure({ histogram: { edges, same, different }, recommended }: EvaluationFile): Child {
  if (edges.length !== same.length + 1 || same.length !== different.length || edges.length > mostBins)
    return missingNote('The histogram of the scores is damaged.')
  return chartFigure((size) =>
    histogramChart({
      title: 'Scores',
      x: { label: 'cosine', scale: 'linear' },
      edges,
      series: [
        { name: 'same person', counts: same },
        { name: 'different people', counts: different },
      ],
      marks: [{ x: recommended.threshold, label: `recommended ${recommended.threshold.toFixed(3)}` }],
      ...size,
    }),
  )
}

function groupTable({ groups }: EvaluationFile): Child {
  if (groups.length === 0) return undefined
  return dataTable({
    caption: 'Groups of pairs, at the recommended threshold',
    columns: [
      { title: 'group', kind: 'head' },
      { title: 'pairs', kind: 'number' },
      { title: 'accuracy', kind: 'number' },
      { title: 'false accepts', kind: 'number' },
      { title: 'true accepts', kind: 'number' },
    ],
    rows: groups
      .slice(0, mostRows)
      .map(({ column, value, pairs, accuracy, deviation, falseAcceptRate, trueAcceptRate }) => [
        `${column} = ${value}`,
        formatCount(pairs),
        accuracyText(accuracy, deviation ?? undefined),
        falseAcceptRate === null ? '' : formatPercent(falseAcceptRate, 3),
        trueAcceptRate === null ? '' : formatPercent(trueAcceptRate, 2),
      ]),
  })
}

function hardestBody({ hardest, set }: EvaluationFile, pictures: RunPictures): Child {
  if (hardest.length === 0) return undefined
  const known = pictures.pairs.get(set.name)
  const list = (same: boolean, title: string) => {
    const own = hardest.filter((pair) => pair.same === same).slice(0, pictures.pairsPerKind)
    if (own.length === 0) return undefined
    return [
      element('h4', {}, title),
      element(
        'ul',
        { class: 'pairs' },
        own.map((pair) => element('li', {}, pairFigure(pair, known?.get(pair.pair)))),
      ),
    ]
  }
  return joined(
    heading('Hardest pairs'),
    known?.size
      ? undefined
      : missingNote(`The pictures of ${set.name} were not found here${pictures.reasonOf(set.name)}.`),
    list(true, 'One person, lowest scores'),
    list(false, 'Different people, highest scores'),
  )
}

function verifiedSet(file: EvaluationFile, pictures: RunPictures): Child {
  const { set, network, accuracy, deviation, interval, auc, eer, recommended, tarAtFar, undetermined, xnorm } = file
  return joined(
    heading(`${set.name}, ${formatCount(set.pairs)} pairs`),
    factList([
      {
        name: 'Accuracy',
        value: accuracyText(accuracy, deviation),
        detail: `95 % of samples: ${formatPercent(interval[0], 2)} to ${formatPercent(interval[1], 2)}`,
      },
      {
        name: 'Recommended threshold',
        value: recommended.threshold.toFixed(4),
        detail: `FAR ${farName(recommended.far)}, TAR ${formatPercent(recommended.tar, 2)}: ${recommended.why}`,
      },
      {
        name: 'AUC',
        value: auc.toFixed(5),
        detail: `equal error rate ${formatPercent(eer.rate, 2)} at ${eer.threshold.toFixed(4)}`,
      },
      {
        name: 'Network',
        value: network.step === undefined ? network.backbone : `step ${formatCount(network.step)}`,
        detail: `${network.path}, ${network.precision}, norm ${formatNumber(xnorm)}`,
      },
    ]),
    chartGrid(rocFigure(`ROC on ${set.name}`, [{ name: set.name, file }]), scoreFigure(file)),
    farTable(
      'True accept rates at false accept rates; a pair at or above the threshold counts as one person',
      tarAtFar,
    ),
    undetermined.length === 0
      ? undefined
      : paragraph(
          `${formatCount(set.pairs)} pairs are too few for a FAR of ${undetermined
            .slice(0, 10)
            .map(farName)
            .join(', ')}.`,
        ),
    groupTable(file),
    hardestBody(file, pictures),
  )
}

/** TAR and threshold for each FAR. */
function farTable(caption: string, tarAtFar: RateResult['tarAtFar']): Child {
  return dataTable({
    caption,
    columns: [
      { title: 'FAR', kind: 'head' },
      { title: 'TAR', kind: 'number' },
      { title: 'threshold (cosine)', kind: 'number' },
    ],
    rows: tarAtFar
      .slice(0, mostRows)
      .map(({ far, tar, threshold }) => [farName(far), formatPercent(tar, 2), cosine(threshold)]),
  })
}

/** IJB, or all pairs of a data set. */
function ratesOf({ title, sizes, network, tarAtFar, identification }: RateResult): Child {
  const step = network.step === undefined ? '' : `, step ${formatCount(network.step)}`
  return joined(
    heading(title),
    paragraph(`${sizes.join(', ')}. Network: ${network.backbone}${step}, ${network.path}, ${network.precision}.`),
    farTable(`True accept rates at false accept rates, ${title}`, tarAtFar),
    identification === undefined
      ? undefined
      : dataTable({
          caption: `1:N identification: ${formatCount(identification.probes)} probes, ${formatCount(identification.gallery)} templates in the gallery`,
          columns: [
            { title: 'identified', kind: 'head' },
            { title: 'share', kind: 'number' },
            { title: 'threshold (cosine)', kind: 'number' },
          ],
          rows: [
            ...identification.ranks.map(({ rank, rate }) => [`rank ${rank}`, formatPercent(rate, 2), '']),
            ...identification.tpir.map(({ fpir, tpir, threshold }) => [
              `FPIR ${farName(fpir)}`,
              formatPercent(tpir, 2),
              cosine(threshold),
            ]),
          ].slice(0, mostRows),
        }),
  )
}

export function verifiedBody({ verified, rates, folder }: Run, pictures: RunPictures): Child {
  if (verified.length === 0 && rates.length === 0)
    return missingNote(
      'ROC, score histograms, thresholds and hardest pairs come from ',
      code(`arcc eval ${folder}`),
      ', which has not been run.',
    )
  return [verified.map((file) => verifiedSet(file, pictures)), rates.map(ratesOf)]
}
