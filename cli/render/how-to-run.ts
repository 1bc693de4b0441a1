/** The last line of a plan that fits: the command that runs it. */
import { isVariantName } from '../../compiler/names/variant-name.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'

/** The end of a sentence, and the command. */
export function howToRun({ experiment, machine }: Pick<PlanDocument, 'experiment' | 'machine'>) {
  // The brackets in the name of a variant are special in a shell.
  const name = isVariantName(experiment.name) ? `'${experiment.name}'` : experiment.name
  const command = `arcc run ${experiment.file} ${name}`
  if (machine.nodes === 1) return { advice: 'Run it with', command }
  const advice = `On each of the ${machine.nodes} computers, start it with its rank R (0 to ${machine.nodes - 1}) and the address of rank 0`
  return { advice, command: `${command} --nodes ${machine.nodes} --node-rank R --rendezvous HOST:PORT` }
}
