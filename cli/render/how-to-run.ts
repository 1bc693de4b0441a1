/** The last line of a plan that fits: the command that runs it. */
import { isVariantName } from '../../compiler/names/variant-name.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'

/** The end of a sentence, and the command. Runs on several computers are refused (ARC6054), but can be emulated. */
export function howToRun({ experiment, machine }: Pick<PlanDocument, 'experiment' | 'machine'>) {
  // The brackets in the name of a variant are special in a shell.
  const name = isVariantName(experiment.name) ? `'${experiment.name}'` : experiment.name
  const command = `arcc run ${experiment.file} ${name}`
  if (machine.nodes === 1) return { advice: 'Run it with', command }
  const advice = 'arcc does not run on several computers yet; virtual devices of this one stand in for them with'
  return { advice, command: `${command} --emulate` }
}
