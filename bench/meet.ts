/**
 * `npm run bench:meet -- [meet] [losses] [refusals] [malformed]`: real processes that meet as those of a run do.
 *
 *     meet         2, 3 and 8 nodes meet, exchange 10,000 keys, pass 100 barriers: how fast
 *     losses       nodes that are killed, stopped, or cut off: the others end within 30 seconds, and name them
 *     refusals     nodes that are late, come twice, or differ: refused at both sides, with the reason
 *     malformed    malformed messages at the store while three nodes exchange keys
 *
 *     --netns           also with each node in a network namespace of its own; needs root and iproute2
 *     --messages 10000  malformed messages
 *     --seed 1          chooses them
 *     --check           exit code 1 if anything is wrong
 */
import { parseArgs } from 'node:util'
import { flood } from './meet/flood.ts'
import { losses } from './meet/losses.ts'
import { type MeetingRow, meetingRow, meetingTable } from './meet/meeting.ts'
import { loopback, type Network, namespaces, whyNoNamespaces } from './meet/network.ts'
import { refusals } from './meet/refusals.ts'
import { faultCount, say } from './meet/report.ts'

const parts = ['meet', 'losses', 'refusals', 'malformed'] as const
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    netns: { type: 'boolean', default: false },
    messages: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    check: { type: 'boolean', default: false },
  },
})
const unknown = positionals.find((name) => !parts.some((part) => part === name))
if (unknown !== undefined) throw new Error(`${unknown}: the parts are ${parts.join(', ')}`)
const isWanted = (part: (typeof parts)[number]) => positionals.length === 0 || positionals.includes(part)

/** How many nodes meet. */
const counts = [2, 3, 8] as const
const token = 'a token of the processes that meet'

function networksOf(): readonly Network[] {
  if (!options.netns) return [loopback]
  const why = whyNoNamespaces()
  if (why === undefined) return [loopback, namespaces(Math.max(...counts))]
  say(`left out: network namespaces: ${why}`)
  return [loopback]
}

const networks = networksOf()
try {
  if (isWanted('meet')) {
    const rows: MeetingRow[] = []
    for (const network of networks)
      for (const count of counts) {
        // On the loopback address none is needed.
        rows.push(await meetingRow(network, count, network.name === 'loopback' ? undefined : token))
      }
    for (const line of ['', ...meetingTable(rows), '']) say(line)
  }
  if (isWanted('losses')) for (const network of networks) await losses(network, token)
  if (isWanted('refusals')) for (const network of networks) await refusals(network, token)
  if (isWanted('malformed')) await flood(loopback, token, Number(options.messages), Number(options.seed))
} finally {
  for (const network of networks) network.remove()
}
say(faultCount() === 0 ? 'all right' : `faults: ${faultCount()}`)
if (options.check && faultCount() > 0) process.exitCode = 1
