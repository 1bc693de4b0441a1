/** What the variables of torchrun, Slurm or Kubernetes say about a run on several computers. */
import type { Environment } from '../../runtime/environment.ts'
import { ArccError } from '../../runtime/errors.ts'
import { foundMeetings, meetingOf } from '../../runtime/peers/meeting.ts'
import type { Found, Told } from '../../runtime/peers/schedulers/found.ts'
import type { Finding } from './finding.ts'

const name = 'nodes'

/** Nothing where no launcher has set a variable; otherwise a finding of each, and what contradicts. */
export function checkLauncher(env: Environment = process.env): Finding[] {
  const launchers = foundMeetings(env).map((found): Finding => ({ name, ...describe(found) }))
  try {
    meetingOf({ nodes: undefined, nodeRank: undefined, rendezvous: undefined }, env)
    return launchers
  } catch (error) {
    if (!(error instanceof ArccError)) throw error
    const fix = error.hint === undefined ? {} : { fix: error.hint }
    return [...launchers, { name, status: 'warn', text: error.message, ...fix }]
  }
}

function describe({ by, nodes, rank, rendezvous, derived, ignored }: Found): Pick<Finding, 'status' | 'text'> {
  if (ignored !== undefined) return { status: 'skip', text: `${by}: ${ignored}` }
  const told = (what: string, it: Told<string | number> | undefined, flag: string) =>
    it === undefined ? `${what} by ${flag}` : `${what} ${it.value} (${it.source})`
  const parts = [
    told('rank', rank, '--node-rank'),
    told('number of nodes', nodes, '--nodes'),
    told('rendezvous', rendezvous ?? derived, '--rendezvous'),
  ]
  return { status: 'ok', text: `${by}: ${parts.join(', ')}` }
}
