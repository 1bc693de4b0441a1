/** `arcc eval` as two and three real processes with XLA: the reports of one process, and what the loss of a node does. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { need } from '../../grammar/diagnostic.ts'
import { writeTemplates } from '../../test/helpers/narrow-templates.ts'
import { noisePicture } from '../../test/helpers/picture-collection.ts'
import type { Network } from '../meet/network.ts'
import { runNodes } from '../nodes-train/run-nodes.ts'
import { networkOf, type Scene } from './scene.ts'

/** What is evaluated, by its name for people. */
const kinds = {
  'sets of pairs': ({ root }: Scene) => [join(root, 'faces'), join(root, 'others'), '--pairs', '600'],
  templates: ({ root }: Scene) => ['--ijb', join(root, 'ijb'), '--scores'],
  'all pairs': () => ['--all-to-all', 'synthetic(identities: 200, per_identity: 10)'],
} as const satisfies Readonly<Record<string, (scene: Scene) => readonly string[]>>
type Kind = keyof typeof kinds

const command = (scene: Scene, kind: Kind, folder: string) => [
  ...['eval', ...networkOf(scene), ...kinds[kind](scene), '--json', '--folder', join(scene.root, folder)],
]
const reportOfOne = (kind: Kind) => `one ${kind}`

async function writePeople(folder: string, people: number, seed: number): Promise<void> {
  for (let person = 0; person < people; person++) {
    const own = join(folder, `p${person}`)
    mkdirSync(own, { recursive: true })
    for (let i = 0; i < 10; i++)
      writeFileSync(join(own, `${i}.jpg`), await noisePicture(seed + person * 10 + i, 28, 28))
  }
}

/** The files of a report, without the time that it took. */
function reportIn(folder: string): ReadonlyMap<string, string> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return new Map(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      const bytes = readFileSync(path)
      const text = bytes.toString('latin1').replace(/"seconds": ?[\d.e-]+/, '"seconds": 0')
      return [path.slice(folder.length), text]
    }),
  )
}

function isSame({ root }: Scene, folder: string, kind: Kind): boolean {
  const path = join(root, folder)
  if (!existsSync(path)) return false
  const [found, expected] = [reportIn(path), reportIn(join(root, reportOfOne(kind)))]
  return (
    expected.size > 0 && found.size === expected.size && [...expected].every(([name, text]) => found.get(name) === text)
  )
}

interface Phase {
  readonly kind: Kind
  /** What rank 0 has printed, or whether it has printed the evaluation of its first set. */
  readonly at: RegExp | 'the first report'
  /** Milliseconds from there to the signal. */
  readonly after?: number
}

/** Where a node is killed. */
const phases: Readonly<Record<string, Phase>> = {
  'joining is over': { kind: 'sets of pairs', at: /(?:has joined[\s\S]*){2}/, after: 150 },
  'the second set is embedded': { kind: 'sets of pairs', at: 'the first report' },
  'the first pictures are embedded': { kind: 'all pairs', at: /pictures \S+ \d %/ },
  'more pictures are embedded': { kind: 'all pairs', at: /pictures \S+ [4-9]\d %/ },
  'rank 0 compares all pairs': { kind: 'all pairs', at: /^blocks/m },
}

/** The number of nodes of which one is killed. */
const nodes = 3

async function killIn(scene: Scene, name: string, victim: number, number: number): Promise<void> {
  const { kind, at, after = 0 } = need(phases[name], 'a phase')
  const folder = `kill ${number}`
  let killedAt = 0
  const begin = (kill: (rank: number, signal: NodeJS.Signals) => void) => {
    if (killedAt > 0) return
    killedAt = performance.now() + after
    setTimeout(() => kill(victim, 'SIGKILL'), after)
  }
  const ends = await runNodes({
    nodes,
    args: command(scene, kind, folder),
    onText: (text, kill) => at !== 'the first report' && at.test(text) && begin(kill),
    onEvent: (_, kill) => at === 'the first report' && begin(kill),
  })
  const others = [...ends.entries()].filter(([rank]) => rank !== victim)
  const seconds = Math.max(...others.map(([, end]) => end.at - killedAt)) / 1000
  const isNamed = others.every(([, { code, text }]) => code === 3 && text.includes(`rank ${victim} (`))
  // A node that has sent all of its part is not needed for the report.
  const isDone = others.every(([, { code }]) => code === 0) && isSame(scene, folder, kind)
  const codes = others.map(([rank, { code }]) => `rank ${rank} with ${code}`).join(' and ')
  scene.expect(
    killedAt > 0 && seconds < 30 && (isNamed || isDone),
    `eval, ${kind}: rank ${victim} of ${nodes} killed when ${name}: ${codes} after ${seconds.toFixed(1)} s`,
    others.map(([, { text }]) => text),
  )
}

/** Runs all of it. */
export async function evalNodes(scene: Scene, networks: readonly Network[]): Promise<void> {
  const { root, expect } = scene
  await writePeople(join(root, 'faces'), 60, 1)
  await writePeople(join(root, 'others'), 60, 10_000)
  await writeTemplates(join(root, 'ijb'))
  const all = Object.keys(kinds).filter((kind): kind is Kind => kind in kinds)
  for (const kind of all) {
    await runNodes({ nodes: 1, args: command(scene, kind, reportOfOne(kind)) })
    for (const network of networks)
      for (const count of [2, 3]) {
        const folder = `${network.name} ${count} ${kind}`
        const ends = await runNodes({ nodes: count, network, args: command(scene, kind, folder) })
        expect(
          ends.every(({ code }) => code === 0) && isSame(scene, folder, kind),
          `eval with xla, ${network.name}, ${kind}: ${count} nodes write the report of one process`,
          ends.map(({ code, text }) => `${code} ${text}`),
        )
      }
  }
  let number = 0
  for (const name of Object.keys(phases))
    for (const victim of [nodes - 1, 0]) await killIn(scene, name, victim, number++)
}
