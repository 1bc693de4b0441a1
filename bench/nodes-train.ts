/**
 * `npm run bench:nodes-train`: real runs of several processes. With two, the weights and the figures of all verifications must be those
 * of one process with as many devices, to the last bit; SIGTERM at either node stops both after the same step, and one process goes on
 * to the same weights; SIGKILL of either node in each phase ends the other one within 30 seconds, with the name of the lost node and,
 * once there is one, the last checkpoint. `--nodes 3` (or more) loses nodes of a run of so many instead, one and two at once, lets one
 * of them meet an error of its own, and goes on from four nodes with three, two and one; `--part lost`, `errors` or `fewer` does one of these.
 * Exit code 1 if anything differs.
 */
import { parseArgs } from 'node:util'
import { fewerNodes } from './nodes-train/fewer-nodes.ts'
import { lostNodes } from './nodes-train/lost-nodes.ts'
import { ownErrors } from './nodes-train/own-errors.ts'
import { openScene } from './nodes-train/scene.ts'
import { twoNodes } from './nodes-train/two-nodes.ts'

const { values } = parseArgs({
  options: { nodes: { type: 'string', default: '2' }, part: { type: 'string' } },
})
const nodes = Number(values.nodes)
const { part } = values
const isWanted = (name: string) => part === undefined || part === name
const scene = openScene()
try {
  if (nodes === 2) await twoNodes(scene)
  else {
    if (isWanted('fewer')) await fewerNodes(scene)
    if (isWanted('errors')) await ownErrors(scene, nodes)
    if (isWanted('lost')) await lostNodes(scene, nodes)
  }
} finally {
  scene.close()
}
process.exitCode = scene.faults() === 0 ? 0 : 1
