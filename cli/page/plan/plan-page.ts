/** The page of `arcc plan --html`. */
import type { RequireSpec } from '../../../compiler/experiment/experiment.ts'
import type { Graph } from '../../../compiler/ir/graph.ts'
import type { PlanDocument } from '../../../compiler/plan/document.ts'
import type { MachineRates } from '../../../compiler/plan/time.ts'
import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { formatQuantity, plural } from '../../render/format.ts'
import type { Variant } from '../../render/variants.ts'
import { code, element, joined, paragraph } from '../html.ts'
import { pageText, type Section } from '../page.ts'
import { closed } from '../parts.ts'
import { fieldTable } from './fields.ts'
import { graphBody } from './graph-tree.ts'
import { memoryBody } from './memory.ts'
import { shardBody } from './shards.ts'
import { timelineBody } from './step-timeline.ts'
import { summaryBody } from './summary.ts'
import { sweepCurves, variantBars, variantTable } from './sweep.ts'
import { collectivesBody, ratesBody, timeBody } from './time.ts'
import { diagnosticText, fitBadge, fits, verdictBody } from './verdict.ts'

/** A plan with what its document does not contain. */
export interface PlanInDepth {
  readonly document: PlanDocument
  readonly requires: readonly RequireSpec[]
  readonly step: Graph
  readonly rates: MachineRates
}

/** The page of one plan. */
export function planPage(
  { document, requires, step, rates }: PlanInDepth,
  diagnostics: readonly Diagnostic[],
  maker: string,
): string {
  const { experiment, graphs, schedule } = document
  const programs = graphs.map(
    ({ name, ops, flops }) => `${name}: ${plural(ops, 'op')}, ${formatQuantity(flops, 'FLOP')}`,
  )
  const sections: readonly Section[] = [
    { id: 'summary', title: 'Summary', body: summaryBody(document) },
    { id: 'verdict', title: 'Verdict and suggestions', body: verdictBody(document, requires, diagnostics) },
    { id: 'memory', title: 'Memory per device', body: memoryBody(document) },
    { id: 'shards', title: 'Shard map', body: shardBody(document) },
    { id: 'time', title: 'Time', body: timeBody(document) },
    { id: 'timeline', title: 'Timeline of a step', body: timelineBody(step, rates) },
    { id: 'collectives', title: 'Collectives', body: collectivesBody(document) },
    ...(schedule.rates.length === 0 ? [] : [{ id: 'rate', title: 'Learning rate', body: ratesBody(document) }]),
    { id: 'graph', title: 'Graph', body: joined(paragraph(programs.join('; ')), graphBody(step, rates)) },
    { id: 'fields', title: 'Configuration', body: fieldTable(experiment.fields, document.choices) },
  ]
  return pageText({
    title: `Plan of ${experiment.name}`,
    subtitle: joined(fitBadge(document), ' ', code(experiment.file)),
    sections,
    maker,
  })
}

/** Of a variant that does not compile. */
const noPlanBadge = element('span', { class: 'badge error' }, 'no plan')

export interface PlannedVariantPage extends Variant {
  readonly diagnostics: readonly Diagnostic[]
}

/** The page of several plans. */
export function sweepPage(
  variants: readonly PlannedVariantPage[],
  shared: readonly Diagnostic[],
  { file, maker }: { readonly file: string; readonly maker: string },
): string {
  const fitting = variants.filter(({ plan }) => plan !== undefined && fits(plan)).length
  const sections: readonly Section[] = [
    {
      id: 'variants',
      title: 'Variants',
      body: joined(
        paragraph(`${fitting} of ${plural(variants.length, 'plan')} fit.`),
        variantTable(variants),
        diagnosticText(shared),
      ),
    },
    { id: 'curves', title: 'Curves', body: sweepCurves(variants) },
    { id: 'memory', title: 'Memory per device', body: variantBars(variants) },
    {
      id: 'each',
      title: 'Each variant',
      body: joined(
        paragraph(
          'The graph and the timeline of a variant are on its own page: ',
          code(`arcc plan ${file} 'NAME' --html plan.html`),
        ),
        variants.map(({ name, plan, diagnostics }) =>
          closed(
            joined(name, ' ', plan === undefined ? noPlanBadge : fitBadge(plan)),
            plan === undefined
              ? diagnosticText(diagnostics)
              : [
                  summaryBody(plan),
                  verdictBody(plan, [], diagnostics),
                  memoryBody(plan),
                  timeBody(plan),
                  collectivesBody(plan),
                ],
          ),
        ),
      ),
    },
  ]
  const [first] = variants
  const base = first?.name.replace(/\[.*$/, '') ?? ''
  return pageText({ title: `Sweep of ${base}`, subtitle: code(file), sections, maker })
}
