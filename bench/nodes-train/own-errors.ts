/**
 * An error of one node's own among three or four. Every node has a folder of its own with the experiment and the data, and another path to the
 * common folder of the run, as on computers with their own disks: what breaks at one is whole at the others.
 */
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { headerOf, partOf, rangeRecord, writeRecords } from '../../test/helpers/record-bytes.ts'
import { runNodes } from './run-nodes.ts'
import { phases, runOf, type Scene } from './scene.ts'
import { nodesText } from './text.ts'

const people = 40
const pictures = 8

interface OwnError {
  readonly what: string
  readonly dataset: string
  readonly phase: string
  /** Breaks something in the folder of a node. */
  readonly damage: (folder: string) => void
  /** The reason that all nodes show. */
  readonly reason: RegExp
}

const errors: readonly OwnError[] = [
  {
    what: 'a damaged picture in its recorded set',
    dataset: 'recordio(root: "packed", holdout: 8)',
    phase: 'compiling',
    damage(folder) {
      const file = join(folder, 'packed', 'train.rec')
      const bytes = readFileSync(file)
      // The signatures of PNG: every record keeps its frame, its header and its size.
      for (let at = bytes.indexOf('PNG'); at >= 0; at = bytes.indexOf('PNG', at + 1)) bytes.fill(0, at - 1, at + 40)
      writeFileSync(file, bytes)
    },
    reason: /train\.rec/,
  },
  {
    what: 'its pictures are gone',
    dataset: 'folder(root: "faces", holdout: 8)',
    phase: 'training',
    damage: (folder) => rmSync(join(folder, 'faces'), { recursive: true }),
    reason: /faces\/p\d+/,
  },
  {
    what: 'its folder of the run is gone',
    dataset: 'synthetic(identities: 40, per_identity: 8, holdout: 8)',
    phase: 'training',
    damage: (folder) => unlinkSync(join(folder, 'run')),
    reason: /checkpoints/,
  },
]

/** Runs all of it; the node is rank 1, and rank 0. */
export async function ownErrors(scene: Scene, nodes: number): Promise<void> {
  const data = await writePictures(scene)
  for (const error of errors) for (const victim of [1, 0]) await meet(scene, nodes, error, victim, data)
}

/** The same pictures as a folder of people and as a packed set. */
async function writePictures({ root }: Scene): Promise<string> {
  const data = join(root, 'data')
  const records: Buffer[] = []
  for (let person = 0; person < people; person++) {
    const folder = join(data, 'faces', `p${person}`)
    mkdirSync(folder, { recursive: true })
    for (let picture = 0; picture < pictures; picture++) {
      const background = { r: person * 6, g: picture * 30, b: 99 }
      const bytes = await sharp({ create: { width: 28, height: 28, channels: 3, background } })
        .png()
        .toBuffer()
      writeFileSync(join(folder, `${picture}.png`), bytes)
      records.push(partOf(0, Buffer.concat([headerOf(person), bytes])))
    }
  }
  const first = rangeRecord(records.length + 1, records.length + 1)
  writeRecords(join(data, 'packed'), { records: [first, ...records], property: `${people},28,28` })
  return data
}

async function meet(scene: Scene, nodes: number, error: OwnError, victim: number, data: string): Promise<void> {
  const common = scene.newFolder()
  mkdirSync(common)
  const own = Array.from({ length: nodes }, (_, rank) => {
    const folder = `${common}-node-${rank}`
    cpSync(data, folder, { recursive: true })
    writeFileSync(join(folder, 'nodes.arc'), nodesText(error.dataset))
    symlinkSync(common, join(folder, 'run'))
    return folder
  })
  const isThere = phases[error.phase]?.()
  let at = 0
  const ends = await runNodes({
    nodes,
    args: runOf(nodes, 1, 'nodes.arc', '--folder', 'run'),
    cwd: (rank) => own[rank],
    onEvent(event) {
      if (at > 0 || isThere?.(event) !== true) return
      at = performance.now()
      error.damage(own[victim] ?? '')
    },
  })
  const lastWords = ends.map(({ text }) => text.slice(text.lastIndexOf('error[')))
  const isRight = lastWords.every(
    (text, rank) => error.reason.test(text) && (rank === victim || text.includes(`]: rank ${victim} (`)),
  )
  const codes = new Set(ends.map(({ code }) => code))
  const told = ends.map(
    (end, rank) => `rank ${rank} ends with ${end.code} after ${((end.at - at) / 1000).toFixed(1)} s`,
  )
  scene.expect(
    at > 0 && isRight && codes.size === 1 && !codes.has(0) && ends.every((end) => end.at - at < 30_000),
    `${nodes} nodes, rank ${victim}: ${error.what}: ${told.join(', ')}`,
    ends.map(({ text }, rank) => `rank ${rank}: ${text}`),
  )
}
