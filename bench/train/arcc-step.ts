/** The process that runs arcc's steps: `arcc-step.js ROW EFFORT`, both as JSON. Prints a `Report` as one line. */
import type { Batch } from '../../runtime/data/loader/batches.ts'
import { compileStep, newState } from '../../runtime/train/programs.ts'
import { trainSteps } from '../../runtime/train/train-steps.ts'
import { oneProcess } from '../../runtime/world.ts'
import { createXlaEngine } from '../../runtime/xla/engine.ts'
import { noiseBatch } from '../noise-batch.ts'
import { planRow } from './experiment.ts'
import type { Row } from './rows.ts'
import { createSampler, type Effort, peakMemory, type Report } from './samples.ts'

async function measure(row: Row, effort: Effort): Promise<Report> {
  const plan = planRow(row)
  const engine = await createXlaEngine({ world: oneProcess(plan.replicas) })
  const begun = performance.now()
  const step = await compileStep(engine, plan)
  const loadSeconds = (performance.now() - begun) / 1000
  const state = await newState(engine, plan)
  const batch = noiseBatch(plan)
  const { stepEnds, samples } = createSampler(effort)
  let more = true
  async function* batches(): AsyncGenerator<Batch> {
    for (let number = 0; more; number++) yield { ...batch, step: number }
  }
  const losses: number[] = []
  for await (const { metrics } of trainSteps({
    engine,
    executable: step,
    state,
    batches: batches(),
    image: plan.run.image,
  })) {
    losses.push(metrics.loss)
    if (more) more = stepEnds()
  }
  const peak = peakMemory()
  state.dispose()
  step.dispose()
  engine.dispose()
  return { samples, peak, losses, loadSeconds, with: engine.description }
}

const [row = '', effort = ''] = process.argv.slice(2)
const report = await measure(JSON.parse(row) as Row, JSON.parse(effort) as Effort)
process.stdout.write(`${JSON.stringify(report)}\n`)
