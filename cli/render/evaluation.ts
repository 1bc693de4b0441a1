/** `arcc eval` as text. */
import type { EvaluationFile } from '../../runtime/evaluate/report/evaluation-file.ts'
import { pairsFor, rateText } from '../../runtime/evaluate/report/recommend.ts'
import { formatCount, formatNumber, formatPercent, formatSeconds, plural } from './format.ts'
import type { Look } from './look.ts'
import { aside, ends, facts, right, rowsOf } from './section.ts'

type Group = EvaluationFile['groups'][number]

/** As many digits as arcface_torch prints: 0.99550 is 99.550 %. */
const digits = 3
const percent = (share: number) => formatPercent(share, digits)

/** A cosine. */
const cosine = (value: number | null) => (value === null ? 'none' : value.toFixed(4))

/** Rates that need more digits than an accuracy: `0.0333 %`. */
function rate(share: number | null): string {
  if (share === null) return '-'
  return share === 0 || share >= 1e-3 ? formatPercent(share, 2) : `${Number((share * 100).toPrecision(3))} %`
}

function list(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`
}

/** Names the false accept rates, the largest first, that a number of pairs of two people cannot determine; nothing if there are none. */
export function undeterminedLines(rates: readonly number[], different: number, look: Look): readonly string[] {
  if (rates.length === 0) return []
  const needed = `${rates.length === 1 ? 'it takes' : 'they take'} ${list(rates.map((far) => formatCount(pairsFor(far))))}`
  const pairs = `${formatCount(different)} pairs of two people`
  return aside(`FAR ${list(rates.map(rateText))} cannot be determined with ${pairs}: ${needed}`, look)
}

function tarRows({ tarAtFar, undetermined, set }: EvaluationFile, look: Look): string[] {
  const columns = [{ title: 'FAR' }, { title: 'TAR', ...right }, { title: 'threshold', ...right }]
  const rows = tarAtFar.map(({ far, tar, threshold }) => [rateText(far), percent(tar), cosine(threshold)])
  const missing = undeterminedLines(undetermined, set.pairs - set.same, look)
  return [...(rows.length === 0 ? [] : rowsOf(columns, rows, look)), ...missing]
}

function groupRows(column: string, groups: readonly Group[], look: Look): string[] {
  const columns = [
    { title: column, wrap: 12 },
    { title: 'pairs', ...right },
    { title: 'accuracy', ...right },
    { title: 'FAR', ...right, drop: 4 },
    { title: 'TAR', ...right, drop: 3 },
    { title: 'ten folds', ...right, drop: 2 },
    { title: 'deviation', ...right, drop: 1 },
  ]
  const rows = groups.map(({ value, pairs, accuracy, falseAcceptRate, trueAcceptRate, tenFold }) => [
    ...[value === '' ? '(none)' : value, formatCount(pairs), percent(accuracy)],
    ...[rate(falseAcceptRate), rate(trueAcceptRate)],
    ...(tenFold === null ? ['-', '-'] : [percent(tenFold.accuracy), percent(tenFold.deviation)]),
  ])
  return rowsOf(columns, rows, look)
}

function groupLines({ groups, recommended }: EvaluationFile, look: Look): string[] {
  if (groups.length === 0) return []
  const columns = [...new Set(groups.map(({ column }) => column))]
  const note = `accuracy, FAR and TAR of groups: at the recommended threshold ${cosine(recommended.threshold)}; ten folds: with a group's own thresholds`
  const tables = columns.flatMap((column) => {
    const own = groups.filter((group) => group.column === column)
    return ['', ...groupRows(column, own, look)]
  })
  return [...tables, ...aside(note, look)]
}

/** `folder`: where the files are. */
export function renderEvaluation(evaluation: EvaluationFile, folder: string, look: Look): string[] {
  const { set, network, accuracy, deviation, interval, xnorm, auc, eer, recommended, seconds } = evaluation
  const { good } = look.palette
  const plusMinus = look.unicode ? '±' : '+-'
  const [low, high] = interval
  const step = network.step === undefined ? undefined : `step ${formatCount(network.step)}`
  return [
    ...ends(set.name, formatSeconds(seconds), look),
    ...facts(
      [
        ['network', [network.path, step, `${network.backbone}, ${network.embedding} values`, network.precision]],
        ['pairs', [plural(set.pairs, 'pair'), `${formatCount(set.same)} of one person`, plural(set.images, 'picture')]],
        ['set', [set.path, `sha256 ${set.sha256.slice(0, 16)}`]],
        [
          'accuracy',
          [
            good(`${percent(accuracy)} ${plusMinus} ${percent(deviation)}`),
            `95 % interval ${percent(low)} to ${percent(high)}`,
          ],
        ],
        [
          'others',
          [
            `AUC ${auc.toFixed(5)}`,
            `EER ${percent(eer.rate)} at ${cosine(eer.threshold)}`,
            `|x| ${formatNumber(xnorm, 5)}`,
          ],
        ],
        [
          'threshold',
          [
            good(cosine(recommended.threshold)),
            `FAR ${rate(recommended.far)}`,
            `TAR ${rate(recommended.tar)}`,
            `(${recommended.why})`,
          ],
        ],
      ],
      look,
    ),
    '',
    ...tarRows(evaluation, look),
    ...groupLines(evaluation, look),
    '',
    ...facts([['files', [folder]]], look),
  ]
}
