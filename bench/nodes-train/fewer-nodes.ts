/**
 * A run of four nodes goes on with three, two and one. Each number of nodes is first told to stop before its first step: the weights that it
 * saves then, from its own devices, must be those that the run before has saved, byte for byte.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { verifyCheckpoint } from '../../runtime/checkpoint/verify-checkpoint.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { runNodes } from './run-nodes.ts'
import { runOf, type Scene, stepsIn, weightsOf } from './scene.ts'

/** Enough for each number of nodes to stop some steps after a verification of its own. */
const length = ['--set', 'train.steps=200']

/** Runs all of it. */
export async function fewerNodes(scene: Scene): Promise<void> {
  const folder = scene.newFolder()
  const resumed = (nodes: number) => runOf(nodes, 1, '--resume', folder)
  await runUntil(scene, 4, runOf(4, 1, scene.file, '--folder', folder, ...length), folder, verifiedAfter(0))
  for (const nodes of [3, 2, 1]) {
    const before = weightsOf(folder)
    const step = stepsIn(folder)
    await runUntil(scene, nodes, resumed(nodes), folder, (event) => event.type === 'resumed')
    scene.expect(
      stepsIn(folder) === step && weightsOf(folder).equals(before),
      `${nodes} nodes have the weights of step ${step} that ${nodes + 1} have saved`,
    )
    await runUntil(scene, nodes, resumed(nodes), folder, nodes === 1 ? undefined : verifiedAfter(step ?? 0))
  }
}

const verifiedAfter = (step: number) => (event: RunEvent) => event.type === 'evaluation' && event.step > step

async function runUntil(
  { expect }: Scene,
  nodes: number,
  args: readonly string[],
  folder: string,
  isEnough: ((event: RunEvent) => boolean) | undefined,
): Promise<void> {
  const ends = await runNodes({
    nodes,
    args,
    onEvent(event, kill) {
      if (isEnough?.(event) === true) kill(nodes - 1, 'SIGTERM')
    },
  })
  const expected = isEnough === undefined ? 0 : 143
  const checkpoints = join(folder, 'checkpoints')
  const newest = readdirSync(checkpoints).sort().at(-1) ?? ''
  const { faults, tensors, manifest } = await verifyCheckpoint(join(checkpoints, newest))
  expect(
    ends.every(({ code }) => code === expected) &&
      faults.length === 0 &&
      tensors > 0 &&
      manifest?.step === stepsIn(folder),
    `${nodes} nodes end with ${expected} after step ${stepsIn(folder)}; all numbers of the checkpoint are finite`,
    [...faults, ...ends.map(({ code, text }) => `${code} ${text}`)],
  )
}
