/** Nodes that are killed or stopped in a run of three or four, in each phase: the others end within 30 seconds and name one of them. */
import { type NodeEnd, runNodes } from './run-nodes.ts'
import { namesCheckpoint, phases, runOf, type Scene } from './scene.ts'

interface Loss {
  readonly nodes: number
  readonly phase: string
  readonly victims: readonly number[]
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

/** Phases in which several things happen, not one after the other. */
const phasesOfMany = ['training', 'saving a checkpoint']

/** What happens to a run of so many nodes: each phase with rank 0, one of the others, and two at once. */
function lossesOf(nodes: number): readonly Loss[] {
  const last = nodes - 1
  const kills = Object.keys(phases).flatMap((phase) => [[last], [0]].map((victims) => ({ phase, victims })))
  const both = phasesOfMany.flatMap((phase) =>
    [
      [1, last],
      [0, last],
    ].map((victims) => ({ phase, victims })),
  )
  const stops = ['compiling', 'training'].flatMap((phase) => [[1], [0]].map((victims) => ({ phase, victims })))
  return [
    ...[...kills, ...both].map((it) => ({ ...it, nodes, signal: 'SIGKILL' as const })),
    ...stops.map((it) => ({ ...it, nodes, signal: 'SIGSTOP' as const })),
  ]
}

/** Runs all of it. */
export async function lostNodes(scene: Scene, nodes: number): Promise<void> {
  for (const loss of lossesOf(nodes)) await lose(scene, loss)
}

async function lose(scene: Scene, { nodes, phase, victims, signal }: Loss): Promise<void> {
  const isThere = phases[phase]?.()
  let at = 0
  const ends = await runNodes({
    nodes,
    args: runOf(nodes, 1, scene.file, '--folder', scene.newFolder()),
    onEvent(event, kill) {
      if (at > 0 || isThere?.(event) !== true) return
      at = performance.now()
      for (const victim of victims) kill(victim, signal)
    },
    onEnd(ended, kill) {
      if (ended.size + victims.length === nodes) for (const victim of victims) kill(victim, 'SIGKILL')
    },
  })
  const others = [...ends.entries()].filter(([rank]) => !victims.includes(rank))
  const seconds = ({ at: endedAt }: NodeEnd) => (endedAt - at) / 1000
  const isRight = ([, end]: (typeof others)[number]) =>
    end.code === 3 && seconds(end) < 30 && namesOneOf(victims, end.text) && namesCheckpoint(phase, end.text)
  const told = others.map(([rank, end]) => `rank ${rank} ends with ${end.code} after ${seconds(end).toFixed(1)} s`)
  scene.expect(
    at > 0 && others.every(isRight),
    `${nodes} nodes, ${phase}: ${signal} of ${victims.join(' and ')}: ${told.join(', ')}`,
    others.map(([rank, { text }]) => `rank ${rank}: ${text}`),
  )
}

/** Whether the error is about one of the nodes, and about no other. */
function namesOneOf(ranks: readonly number[], text: string): boolean {
  const named = /error\[ARC6857\]: rank (\d+) \(/.exec(text)?.[1]
  return named !== undefined && ranks.includes(Number(named))
}
