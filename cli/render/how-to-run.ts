/** The last line of a plan that fits: the command that runs it. */
import { isVariantName } from '../../compiler/names/variant-name.ts'
import type { PlanDocument } from '../../compiler/plan/document.ts'

/** The end of a sentence, and the command. */
export function howToRun({ experiment, machine }: Pick<PlanDocument, 'experiment' | 'machine'>) {
  // The brackets in the name of a variant are special in a shell.
  const name = isVariantName(experiment.name) ? `'${experiment.name}'` : experiment.name
  const command = `arcc run ${experiment.file} ${name}`
  if (machine.nodes === 1) return { advice: 'Run it with', command }
  const advice = `Start it on each of the ${machine.nodes} computers, with its rank R from 0 and an address of the first one, with`
  return { advice, command: `${command} --nodes ${machine.nodes} --node-rank R --rendezvous HOST:PORT` }
}
