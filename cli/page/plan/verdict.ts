/** What the plan comes to: whether it fits, the requirements of the experiment, the planner's choices and suggestions. */
import type { RequireSpec } from '../../../compiler/experiment/experiment.ts'
import { holds, plannedQuantity, showBound } from '../../../compiler/plan/bounds.ts'
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import { showQuantity } from '../../../compiler/plan/show.ts'
import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { renderDiagnostics } from '../../render/diagnostic.ts'
import { formatBytes, formatRate } from '../../render/format.ts'
import { howToRun } from '../../render/how-to-run.ts'
import { documentLook } from '../../render/look.ts'
import { type Child, code, element, type Html, joined, paragraph } from '../html.ts'
import { dataTable } from '../parts.ts'

/** Whether a plan fits. Exact figures take precedence over the ledger. */
export function fits({ memory, exact }: PlanDocument): boolean {
  return exact?.fits ?? memory.fits
}

export function fitBadge(plan: PlanDocument): Html {
  const good = fits(plan)
  return element('span', { class: `badge ${good ? 'good' : 'error'}` }, good ? 'fits' : 'does not fit')
}

function requireTable(requires: readonly RequireSpec[], plan: PlanDocument): Child {
  if (requires.length === 0) return undefined
  return dataTable({
    caption: 'What the experiment requires',
    columns: [{ title: 'quantity', kind: 'head' }, { title: 'required' }, { title: 'planned' }, { title: 'verdict' }],
    rows: requires.map((require) => {
      const holding = holds(require, plan)
      return [
        require.quantity,
        showBound(require),
        showQuantity(require.quantity, plannedQuantity(require.quantity, plan)),
        element('span', { class: holding ? 'good' : 'error' }, holding ? 'met' : 'not met'),
      ]
    }),
  })
}

function choiceTable({ choices }: PlanDocument): Child {
  if (choices.length === 0) return undefined
  return dataTable({
    caption: 'Chosen for auto',
    columns: [{ title: 'field', kind: 'head' }, { title: 'value' }, { title: 'why', kind: 'wide' }],
    rows: choices.map(({ path, value, why }) => [code(path), code(value), why]),
  })
}

function answerTable({ answers, memory }: PlanDocument): Child {
  if (memory.fits) return undefined
  if (answers.length === 0) return paragraph('None of the changes that the planner tried makes it fit.')
  return dataTable({
    caption: 'Changes that make it fit, cheapest first',
    columns: [
      { title: 'settings', kind: 'head' },
      { title: 'memory', kind: 'number' },
      { title: 'speed', kind: 'number' },
    ],
    rows: answers.map(({ set, peak, samplesPerSecond }) => [
      set.map(({ path, value }, i) => [i === 0 ? '' : ' and ', code(`${path} = ${value}`)]),
      formatBytes(peak),
      formatRate(samplesPerSecond, 'images'),
    ]),
  })
}

/** Diagnostics as the terminal shows them. */
export function diagnosticText(diagnostics: readonly Diagnostic[]): Child {
  if (diagnostics.length === 0) return undefined
  return element(
    'pre',
    { tabindex: 0, role: 'region', 'aria-label': 'Messages of the compiler' },
    renderDiagnostics(diagnostics, documentLook).trimEnd(),
  )
}

export function verdictBody(
  plan: PlanDocument,
  requires: readonly RequireSpec[],
  diagnostics: readonly Diagnostic[],
): Child {
  const { memory, exact } = plan
  const wanted = formatBytes(exact?.total ?? memory.peak)
  const of = `${wanted} of ${formatBytes(memory.capacity)} per device`
  const { advice, command } = howToRun(plan)
  return joined(
    !fits(plan)
      ? paragraph(`${wanted} are needed, and ${formatBytes(memory.capacity)} are usable per device.`)
      : requires.every((require) => holds(require, plan))
        ? paragraph(`${of}. ${advice} `, code(command), '.')
        : paragraph(`${of}, but it does not meet its requirements.`),
    requireTable(requires, plan),
    answerTable(plan),
    choiceTable(plan),
    diagnosticText(diagnostics),
  )
}
