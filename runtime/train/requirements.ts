/** What a run must reach: the `require`s of its experiment on figures that only the run has. */
import type { EndEvent } from '../events.ts'
import type { Trainer } from './trainer.ts'

type Outcomes = NonNullable<EndEvent['requirements']>
type Requirement = Trainer['plan']['run']['requires'][number]

/** The figure at the end of the run; `undefined` if the run did not measure it. */
function measured({ figure, set }: Requirement, { verified, meter, plan }: Trainer): number | undefined {
  if (set !== undefined) return verified?.metrics.find((metric) => metric.set === set)?.accuracy
  if (figure === 'run.loss') return meter.smoothedLoss
  return meter.secondsPerStep > 0 ? plan.document.schedule.batch / meter.secondsPerStep : undefined
}

function holds({ operator, bound }: Requirement, found: number): boolean {
  switch (operator) {
    case '<':
      return found < bound
    case '<=':
      return found <= bound
    case '>':
      return found > bound
    case '>=':
      return found >= bound
  }
}

/** Those of the first node, whose speed counts, for all. */
export function requirementOutcomes(trainer: Trainer): Promise<Outcomes> {
  return trainer.joint.first('the requirements', async () => outcomesHere(trainer))
}

/** Each requirement with what was found; one whose figure was not measured is not met. */
function outcomesHere(trainer: Trainer): Outcomes {
  return trainer.plan.run.requires.map((requirement) => {
    const found = measured(requirement, trainer)
    const met = found !== undefined && holds(requirement, found)
    return { text: requirement.text, met, ...(found === undefined ? {} : { found }) }
  })
}
