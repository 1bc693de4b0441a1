/** Two nodes, which have the bits of one process: weights, verifications, and what is left when one of them is stopped or killed. */
import { runNodes } from './run-nodes.ts'
import { eventsIn, namesCheckpoint, phases, runOf, type Scene, stepsIn, weightsOf } from './scene.ts'

/** The figures of all verifications, without what differs from run to run. */
const verificationsIn = (folder: string) =>
  eventsIn(folder).flatMap((event) => {
    if (event.type !== 'evaluation') return []
    const { step, set, accuracy, deviation, auc, xnorm, tarAtFar } = event
    return [JSON.stringify({ step, set, accuracy, deviation, auc, xnorm, tarAtFar })]
  })

const newRun = ({ file }: Scene, nodes: number, folder: string) => runOf(nodes, 2 / nodes, file, '--folder', folder)

/** Runs all of it. */
export async function twoNodes(scene: Scene): Promise<void> {
  const { newFolder, expect } = scene
  const alone = newFolder()
  await runNodes({ nodes: 1, args: newRun(scene, 1, alone) })
  const expected = weightsOf(alone)
  const together = newFolder()
  const ends = await runNodes({ nodes: 2, args: newRun(scene, 2, together) })
  expect(
    ends.every(({ code }) => code === 0) && weightsOf(together).equals(expected),
    'two processes: the same weights as one',
  )
  const verified = verificationsIn(together)
  expect(
    verified.length === 5 && verified.join() === verificationsIn(alone).join(),
    `the figures of ${verified.length} verifications, all digits`,
  )
  for (const told of [0, 1]) await stopAt(scene, told, expected)
  for (const phase of Object.keys(phases)) for (const victim of [1, 0]) await killIn(scene, phase, victim)
}

async function stopAt(scene: Scene, told: number, expected: Buffer): Promise<void> {
  const folder = scene.newFolder()
  const stopped = await runNodes({
    nodes: 2,
    args: newRun(scene, 2, folder),
    onEvent(event, kill) {
      if (event.type === 'evaluation' && event.step === 20) kill(told, 'SIGTERM')
    },
  })
  const steps = stepsIn(folder)
  scene.expect(
    stopped.every(({ code }) => code === 143) && steps !== undefined && steps < 80,
    `SIGTERM at rank ${told}: both stop after step ${steps}`,
    stopped.map(({ code, text }) => `${code} ${text}`),
  )
  const rest = await runNodes({ nodes: 1, args: runOf(1, 2, '--resume', folder) })
  scene.expect(
    rest[0]?.code === 0 && weightsOf(folder).equals(expected),
    'one process goes on with it to the same weights',
  )
}

async function killIn(scene: Scene, phase: string, victim: number): Promise<void> {
  const isThere = phases[phase]?.()
  let killedAt = 0
  const ends = await runNodes({
    nodes: 2,
    args: newRun(scene, 2, scene.newFolder()),
    onEvent(event, kill) {
      if (killedAt > 0 || isThere?.(event) !== true) return
      killedAt = performance.now()
      kill(victim, 'SIGKILL')
    },
  })
  const other = ends[1 - victim]
  const text = other?.text ?? ''
  const seconds = ((other?.at ?? 0) - killedAt) / 1000
  const isNamed = text.includes(`rank ${victim} (`) && namesCheckpoint(phase, text)
  scene.expect(
    killedAt > 0 && seconds < 30 && other?.code === 3 && isNamed,
    `rank ${victim} killed while ${phase}: rank ${1 - victim} ends with ${other?.code} after ${seconds.toFixed(1)} s`,
    [text],
  )
}
