/** The charts of an evaluation. */
import type { EvaluationFile } from '../../../runtime/evaluate/report/evaluation-file.ts'
import { histogramChart } from '../../charts/histogram.ts'
import { lineChart } from '../../charts/line-chart.ts'
import { formatCount, formatPercent } from '../../render/format.ts'

type Charted = Pick<EvaluationFile, 'set' | 'network' | 'roc' | 'histogram' | 'recommended'>

function titleOf(what: string, { set, network }: Charted): string {
  return `${what}: ${network.backbone} on ${set.name}`
}

/** The receiver operating characteristic over the logarithm of the false accept rate. */
export function rocChart(evaluation: Charted): string {
  const { roc, recommended, set } = evaluation
  const different = set.pairs - set.same
  const at = recommended.far > 0 ? [{ x: recommended.far, label: `threshold ${recommended.threshold.toFixed(3)}` }] : []
  return lineChart({
    title: titleOf('ROC', evaluation),
    x: { label: 'false accept rate', scale: 'log', range: [0.9 / Math.max(different, 1), 1] },
    y: { label: 'true accept rate', scale: 'linear' },
    series: [{ name: set.name, points: roc.map(({ far, tar }) => [far, tar] as const) }],
    marks: at,
  })
}

/** The scores of both kinds of pairs. */
export function scoresChart(evaluation: Charted): string {
  const { histogram, recommended, set } = evaluation
  const { threshold, far } = recommended
  return histogramChart({
    title: titleOf('Scores', evaluation),
    x: { label: 'cosine', scale: 'linear' },
    edges: histogram.edges,
    series: [
      { name: `one person (${formatCount(set.same)})`, counts: histogram.same },
      { name: `two people (${formatCount(set.pairs - set.same)})`, counts: histogram.different },
    ],
    marks: [{ x: threshold, label: `threshold ${threshold.toFixed(3)}, FAR ${formatPercent(far, 2)}` }],
  })
}
