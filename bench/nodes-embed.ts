/**
 * `npm run bench:nodes-embed -- [embed] [eval]`: commands that embed, as several real processes.
 *
 *     embed    two nodes, each format and engine: the files of one process, byte for byte; SIGTERM at either node stops both; SIGKILL of
 *              either in each phase ends the other one within 30 seconds, with the name of the lost node; and what was embedded by then
 *              goes on, on two nodes or in one process, to the same files
 *     eval     two and three nodes with XLA: the reports of one process; SIGKILL of the first or the last of three in each phase ends
 *              the others within 30 seconds, with its name
 *
 *     --netns  `eval` also with each node in a network namespace of its own; needs root and iproute2
 *
 * Exit code 1 if anything differs.
 */
import { parseArgs } from 'node:util'
import { loopback, namespaces, whyNoNamespaces } from './meet/network.ts'
import { embedNodes } from './nodes-embed/embed-nodes.ts'
import { evalNodes } from './nodes-embed/eval-nodes.ts'
import { openScene } from './nodes-embed/scene.ts'

const parts = ['embed', 'eval'] as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { netns: { type: 'boolean', default: false } },
})
const unknown = positionals.find((name) => !parts.some((part) => part === name))
if (unknown !== undefined) throw new Error(`${unknown}: the parts are ${parts.join(', ')}`)
const isWanted = (part: (typeof parts)[number]) => positionals.length === 0 || positionals.includes(part)
const why = values.netns ? whyNoNamespaces() : undefined
if (why !== undefined) throw new Error(`no network namespaces: ${why}`)
const networks = values.netns ? [loopback, namespaces(3)] : [loopback]
const scene = await openScene()
try {
  if (isWanted('embed')) await embedNodes(scene)
  if (isWanted('eval')) await evalNodes(scene, networks)
} finally {
  scene.close()
  for (const network of networks) network.remove()
}
process.exitCode = scene.faults() === 0 ? 0 : 1
