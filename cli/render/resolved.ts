/** A resolved experiment as text: every field with its value and origin. */
import type { Experiment } from '../../compiler/experiment/experiment.ts'
import { renderTable } from './table.ts'

const origins = { file: '', default: '  // default', override: '  // --set' } as const

export function resolvedLines(experiment: Experiment): string[] {
  const rows = experiment.resolved.map((field) => [field.path, `= ${field.text}${origins[field.origin]}`])
  return [`// experiment ${experiment.name}`, ...renderTable([{}, {}], rows, { gap: 1 })]
}
