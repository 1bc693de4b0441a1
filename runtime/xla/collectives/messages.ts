/** Errors of collectives over the processes that train together on CPUs, ARC689x. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

/** Another node: `rank 1 (node-b)`. */
interface Other {
  readonly node: string
  readonly [name: string]: string | number
}

const look = ({ node }: Other) => `look at the last lines of ${node}, and check the network between the computers`

export const collectiveErrors = errorsOf({
  ARC6890: {
    text: (p) => `training on the CPUs of several computers needs a C compiler on each of them, and ${p.reason}`,
    hint: () =>
      'install one (Debian and Ubuntu: apt install gcc libc6-dev), or name it in the variable CC; or train on one computer',
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6891: {
    text: (p) => `the collectives between the computers cannot be used: ${p.reason}`,
    hint: () => 'use the XLA plugin that arcc downloads itself (without ARCC_XLA_PLUGIN)',
  } satisfies ErrorMessage<{ reason: string }>,
  ARC6892: {
    text: (p) => `${p.node} cannot be reached at ${p.address} for the collectives: ${p.reason}`,
    hint: () => 'the computers of a run connect with each other at any port; check addresses and firewalls',
  } satisfies ErrorMessage<{ node: string; address: string; reason: string }>,
  ARC6893: {
    text: (p) => `the connection to ${p.node} is lost in a collective: ${p.reason}`,
    hint: look,
  } satisfies ErrorMessage<{ node: string; reason: string }>,
  ARC6894: {
    text: (p) =>
      `${p.node} is at another point of the run: at its collective ${p.theirs}, where this node is at collective ${p.own}`,
    hint: () => 'report this error together with the run folder',
  } satisfies ErrorMessage<{ node: string; theirs: number; own: number }>,
  ARC6895: {
    text: (p) => `${p.node} has not taken part in a collective for ${p.seconds} seconds`,
    hint: look,
  } satisfies ErrorMessage<{ node: string; seconds: number }>,
  ARC6896: {
    text: (p) => `a collective failed on this node: ${p.reason}`,
    hint: () => 'run "arcc doctor", and report this error together with the run folder',
  } satisfies ErrorMessage<{ reason: string }>,
})
