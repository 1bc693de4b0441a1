/**
 * The process that measures this computer before a plan. It is separate because it starts the engine with an environment of its own,
 * because its memory is none of the run's, and because a crash must end only this process. Its output is one `Measured` as JSON.
 */
import { writeSync } from 'node:fs'
import type { Measured } from './first-measurement.ts'
import { measureMachine } from './measure-machine.ts'
import { countOthers } from './other-load.ts'

async function measure(): Promise<Measured> {
  try {
    const others = countOthers()
    const profile = await measureMachine(() => undefined, 'quick')
    return { profile, others: others() }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}

writeSync(1, JSON.stringify(await measure()))
process.exit(0)
