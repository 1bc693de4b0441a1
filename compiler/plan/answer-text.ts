/** The planner's answers in the diagnostic of a plan that does not fit: notes, and a fix of the file. */
import type { Extras } from '../../grammar/diagnostic.ts'
import type { Experiment } from '../experiment/experiment.ts'
import { worldSize } from '../experiment/lengths.ts'
import type { PlanDocument } from './document.ts'
import { showBytes, showQuantity } from './show.ts'

/** One line per answer: the settings, their memory, and their cost in speed. */
export function answerNotes(
  experiment: Experiment,
  { answers, time }: Pick<PlanDocument, 'answers' | 'time'>,
): string[] {
  if (answers.length === 0)
    return ['none of the smaller batches, recomputations, smaller states and larger machines that arcc tried fits']
  return answers.map(({ set, peak, samplesPerSecond }) => {
    const settings = set.map(({ path, value }) => `\`${path} = ${value}\``).join(' and ')
    const nodes = Number(set.find(({ path }) => path === 'machine.nodes')?.value ?? experiment.machine.nodes)
    const before = time.samplesPerSecond / worldSize(experiment.machine)
    const after = samplesPerSecond / worldSize({ ...experiment.machine, nodes })
    const change = Math.round((after / before - 1) * 100)
    const speed = change === 0 ? 'the same speed' : `${Math.abs(change)} % ${change < 0 ? 'slower' : 'faster'}`
    return `it fits with ${settings}: ${showBytes(peak)}, ${showQuantity('throughput', samplesPerSecond)}, ${speed} on each device`
  })
}

/** The cheapest answer as a fix, if it changes one field that is written in the file. */
export function answerFix(experiment: Experiment, { answers }: Pick<PlanDocument, 'answers'>): Pick<Extras, 'fix'> {
  const [setting, ...more] = answers[0]?.set ?? []
  if (setting === undefined || more.length > 0) return {}
  const span = experiment.writtenSpan(setting.path)
  if (span === undefined) return {}
  return { fix: { message: `write \`${setting.path} = ${setting.value}\``, span, replacement: setting.value } }
}
