/** `arcc embed` as two real processes, each format and engine: the files of one process, whatever stops one of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runNodes } from '../nodes-train/run-nodes.ts'
import { networkOf, type Scene } from './scene.ts'

const pictures = 'synthetic(identities: 60, per_identity: 10)'

/** Arguments of a command that embeds into a file, or goes on. */
const embedding = (scene: Scene, file: string, engine: string) => [
  ...[
    'embed',
    ...networkOf(scene),
    pictures,
    '--engine',
    engine,
    '--flip',
    '--resume',
    '--out',
    join(scene.root, file),
  ],
]

/** Whether a file, and those beside it, are those of another name. */
function isSame({ root }: Scene, file: string, expected: string): boolean {
  const beside = readdirSync(root).filter((name) => name.startsWith(expected))
  const made = readdirSync(root).filter((name) => name.startsWith(file))
  const bytes = (name: string) => readFileSync(join(root, name))
  return (
    made.length === beside.length &&
    beside.every((name) => {
      const own = name.replace(expected, file)
      return existsSync(join(root, own)) && bytes(own).equals(bytes(name))
    })
  )
}

const first = 'comparing what they have'

/** Where a node is killed or told to stop: by what rank 0 has printed. */
const phases: Readonly<Record<string, RegExp>> = {
  [first]: /has joined/,
  'the first pictures': /pictures \S+ 0 %/,
  'some pictures': /pictures \S+ [2-4]\d %/,
  'more pictures': /pictures \S+ [6-8]\d %/,
  'writing the file': /^writing/m,
}

/** Milliseconds from there to the signal: the other node has joined as well when it comes. */
const delay = 150

/** The ends of two nodes of which one gets a signal, and how long the other one took after it. */
async function endsOf(args: readonly string[], signal: NodeJS.Signals, victim: number, phase: string) {
  let at = 0
  const ends = await runNodes({
    nodes: 2,
    args,
    onText(text, kill) {
      if (at > 0 || phases[phase]?.test(text) !== true) return
      at = performance.now() + (phase === first ? delay : 0)
      setTimeout(() => kill(victim, signal), at - performance.now())
    },
  })
  return { ends, other: ends[1 - victim], seconds: ((ends[1 - victim]?.at ?? 0) - at) / 1000, isSent: at > 0 }
}

async function killIn(scene: Scene, phase: string, victim: number, ending: string, goesOnWith: number): Promise<void> {
  const { root, expect } = scene
  const file = `kill-${victim}-${phase.replaceAll(' ', '-')}.${ending}`
  const args = embedding(scene, file, 'tfjs')
  const { other, seconds, isSent } = await endsOf(args, 'SIGKILL', victim, phase)
  const isNamed = other?.code === 3 && other.text.includes(`rank ${victim} (`)
  // Who waits for the file is not needed to complete it.
  const isDone = other?.code === 0 && victim === 1 && isSame(scene, file, `one-tfjs.${ending}`)
  const isRight = isSent && seconds < 30 && (isNamed || isDone)
  expect(
    isRight,
    `rank ${victim} killed while ${phase}: rank ${1 - victim} ends with ${other?.code} after ${seconds.toFixed(1)} s`,
    [other?.text ?? ''],
  )
  const wasThere = existsSync(join(root, file))
  if (!wasThere) await runNodes({ nodes: goesOnWith, args })
  const how = wasThere ? 'the file is complete' : `${goesOnWith === 2 ? 'two nodes go' : 'one process goes'} on with it`
  expect(isSame(scene, file, `one-tfjs.${ending}`), `${how}: the same bytes`)
}

/** Runs all of it. */
export async function embedNodes(scene: Scene): Promise<void> {
  const { root, expect } = scene
  const endings = ['npy', 'safetensors', 'parquet']
  for (const engine of ['xla', 'tfjs']) {
    for (const ending of endings) {
      await runNodes({ nodes: 1, args: embedding(scene, `one-${engine}.${ending}`, engine) })
      const ends = await runNodes({ nodes: 2, args: embedding(scene, `two-${engine}.${ending}`, engine) })
      const isEnded = ends.every(({ code }) => code === 0)
      expect(
        isEnded && isSame(scene, `two-${engine}.${ending}`, `one-${engine}.${ending}`),
        `${engine}, .${ending}: two nodes write the bytes of one process`,
      )
    }
  }
  for (const victim of [0, 1]) {
    const file = `stop-${victim}.npy`
    const args = embedding(scene, file, 'tfjs')
    const { ends } = await endsOf(args, 'SIGTERM', victim, 'some pictures')
    const codes = ends.map(({ code }) => code).join()
    expect(codes === '143,143' && !existsSync(join(root, file)), `SIGTERM at rank ${victim}: both end with ${codes}`)
    await runNodes({ nodes: 1, args })
    expect(isSame(scene, file, 'one-tfjs.npy'), 'one process goes on with it: the same bytes')
  }
  let kills = 0
  for (const phase of Object.keys(phases)) {
    for (const victim of [1, 0]) {
      await killIn(scene, phase, victim, endings[kills % endings.length] ?? 'npy', 1 + (kills % 2))
      kills++
    }
  }
}
