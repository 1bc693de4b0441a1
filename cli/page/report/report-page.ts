/** The page of `arcc report`: of one run, or of several side by side. */
import { farName } from '../../../runtime/logs/scalars.ts'
import { formatBytes, formatCount, formatPercent, formatSeconds, plural } from '../../render/format.ts'
import { bestScores, bytesOf, conditionDetail, conditionOf, secondsOf, stepsOf } from '../../runs/condition.ts'
import { fieldDifferences } from '../../runs/differences.ts'
import type { HashedFile } from '../../runs/hash-files.ts'
import type { RunPictures } from '../../runs/pictures.ts'
import type { Run } from '../../runs/read-run.ts'
import { type Child, code, element, joined, missingNote, paragraph } from '../html.ts'
import { pageText, type Section } from '../page.ts'
import { closed, dataTable } from '../parts.ts'
import { fieldTable } from '../plan/fields.ts'
import { memoryBody } from '../plan/memory.ts'
import { shardBody } from '../plan/shards.ts'
import { collectivesBody, timeBody } from '../plan/time.ts'
import { accuracyCurves, comparedCurves, setsOf, speedBody, templateNote, trainingBody } from './curves.ts'
import { accuracyText, conditionBadge, measuredBody, overviewBody, timeText } from './overview.ts'
import { sheetBody } from './pictures.ts'
import { environmentBody, eventsBody, filesBody } from './record.ts'
import { telemetryBody } from './telemetry.ts'
import { evaluationsBody, rocFigure, verifiedBody } from './verification.ts'

function ofPlan({ plan }: Run, body: (plan: NonNullable<Run['plan']>) => Child): Child {
  return plan === undefined ? missingNote('There is no plan that can be read (plan.yaml).') : body(plan)
}

/** The fields with their origins by the plan, or without by the record. */
function configuration({ plan, record }: Run): Child {
  if (plan !== undefined) return fieldTable(plan.experiment.fields, plan.choices)
  if (record === undefined) return missingNote('Neither plan.yaml nor run.json can be read.')
  return dataTable({
    caption: 'Fields of the experiment',
    columns: [
      { title: 'field', kind: 'head' },
      { title: 'value', kind: 'wide' },
    ],
    rows: record.fields.map(({ path, value }) => [code(path), code(value)]),
  })
}

/** The page of one run. */
export function runPage(run: Run, pictures: RunPictures, files: readonly HashedFile[], maker: string): string {
  const sections: readonly Section[] = [
    { id: 'overview', title: 'Overview', body: overviewBody(run) },
    { id: 'training', title: 'Training', body: trainingBody(run) },
    { id: 'speed', title: 'Speed', body: speedBody(run) },
    { id: 'measured', title: 'Planned and measured', body: measuredBody(run) },
    { id: 'evaluations', title: 'Verification during training', body: evaluationsBody(run) },
    { id: 'verified', title: 'Verification in depth', body: verifiedBody(run, pictures) },
    { id: 'pictures', title: 'Training pictures', body: sheetBody(pictures) },
    { id: 'shards', title: 'Shard map', body: ofPlan(run, shardBody) },
    {
      id: 'plan',
      title: 'Plan',
      body: ofPlan(run, (plan) => [memoryBody(plan), timeBody(plan), collectivesBody(plan)]),
    },
    { id: 'fields', title: 'Configuration', body: configuration(run) },
    { id: 'events', title: 'Events', body: eventsBody(run) },
    { id: 'telemetry', title: 'Telemetry', body: telemetryBody(run) },
    { id: 'environment', title: 'Environment', body: environmentBody(run) },
    { id: 'files', title: 'Files', body: filesBody(files) },
  ]
  return pageText({
    title: `Run ${run.name}`,
    subtitle: joined(conditionBadge(run), ' ', run.record?.experiment ?? run.plan?.experiment.name ?? ''),
    sections,
    maker,
  })
}

function resultTable(runs: readonly Run[]): Child {
  const scores = runs.flatMap(bestScores)
  const sets = [...new Set(scores.map(({ set }) => set))]
  const note = scores.some(({ measure }) => measure !== undefined) ? `. ${templateNote}` : ''
  return dataTable({
    caption: `Results; scores are the best accuracies over ten folds${note}`,
    columns: [
      { title: 'run', kind: 'head' },
      { title: 'state' },
      { title: 'steps', kind: 'number' },
      ...sets.map((title) => ({ title, kind: 'number' as const })),
      { title: 'time', kind: 'number' },
      { title: 'size', kind: 'number' },
      { title: 'began', kind: 'number' },
    ],
    rows: runs.map((run) => {
      const best = bestScores(run)
      return [
        run.name,
        conditionBadge(run),
        formatCount(stepsOf(run).done),
        ...sets.map((set) => {
          const found = best.find((score) => score.set === set)
          return found === undefined ? '' : accuracyText(found.accuracy)
        }),
        formatSeconds(secondsOf(run)),
        formatBytes(bytesOf(run)),
        timeText(run.log?.began),
      ]
    }),
  })
}

function differenceTable(runs: readonly Run[]): Child {
  const rows = fieldDifferences(runs)
  const unknown = runs.filter(({ record, plan }) => record === undefined && plan === undefined)
  return joined(
    rows.length === 0
      ? paragraph(unknown.length + 1 < runs.length ? 'No field differs.' : 'The fields cannot be compared.')
      : dataTable({
          caption: 'Fields that differ',
          columns: [
            { title: 'field', kind: 'head' },
            ...runs.map(({ name }) => ({ title: name, kind: 'wide' as const })),
          ],
          rows: rows.map(({ path, values }) => [
            code(path),
            ...values.map((value) => (value === undefined ? '' : code(value))),
          ]),
        }),
    unknown.length === 0
      ? undefined
      : missingNote(`The fields of ${unknown.map(({ name }) => name).join(', ')} cannot be read.`),
  )
}

/** The ROC of the runs on each set that `arcc eval` has verified for them. */
function comparedRocs(runs: readonly Run[]): Child {
  const sets = [...new Set(runs.flatMap(({ verified }) => verified.map(({ set }) => set.name)))]
  if (sets.length === 0)
    return missingNote('ROC curves come from ', code('arcc eval RUN'), ', which has not been run for these runs.')
  return element(
    'div',
    { class: 'charts' },
    sets.map((set) =>
      rocFigure(
        `ROC on ${set}`,
        runs.flatMap(({ name, verified }) =>
          verified.filter((file) => file.set.name === set).map((file) => ({ name, file })),
        ),
      ),
    ),
  )
}

/** True accept rates on IJB and over all pairs of a data set, one row for each run. */
function comparedRates(runs: readonly Run[]): Child {
  const titles = [...new Set(runs.flatMap(({ rates }) => rates.map(({ title }) => title)))]
  return titles.map((title) => {
    const found = runs.flatMap(({ name, rates }) =>
      rates.filter((result) => result.title === title).map(({ tarAtFar }) => ({ name, tarAtFar })),
    )
    const fars = [...new Set(found.flatMap(({ tarAtFar }) => tarAtFar.map(({ far }) => far)))]
    return dataTable({
      caption: `${title}: true accept rates at false accept rates`,
      columns: [
        { title: 'run', kind: 'head' },
        ...fars.map((far) => ({ title: farName(far), kind: 'number' as const })),
      ],
      rows: found.map(({ name, tarAtFar }) => [
        name,
        ...fars.map((far) => {
          const point = tarAtFar.find((one) => one.far === far)
          return point === undefined ? '' : formatPercent(point.tar, 2)
        }),
      ]),
    })
  })
}

/** The page of several runs. Their names are unique. */
export function comparisonPage(runs: readonly Run[], maker: string): string {
  const sections: readonly Section[] = [
    { id: 'results', title: 'Results', body: resultTable(runs) },
    { id: 'curves', title: 'Training', body: comparedCurves(runs) },
    {
      id: 'evaluations',
      title: 'Verification during training',
      body: setsOf(runs).length === 0 ? missingNote('No run has been verified.') : accuracyCurves(runs),
    },
    { id: 'verified', title: 'Verification in depth', body: [comparedRocs(runs), comparedRates(runs)] },
    { id: 'differences', title: 'Differences', body: differenceTable(runs) },
    {
      id: 'each',
      title: 'Each run',
      body: joined(
        paragraph('The page of a single run shows more: ', code('arcc report RUN')),
        runs.map((run) =>
          closed(
            joined(run.name, ' ', conditionBadge(run), conditionOf(run) === 'failed' ? ` ${conditionDetail(run)}` : ''),
            overviewBody(run),
            measuredBody(run),
            eventsBody(run),
          ),
        ),
      ),
    },
  ]
  return pageText({
    title: plural(runs.length, 'run'),
    subtitle: runs.map(({ folder }, i) => [i === 0 ? '' : ', ', code(folder)]),
    sections,
    maker,
  })
}
