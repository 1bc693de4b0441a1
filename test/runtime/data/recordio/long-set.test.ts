/** Sets as long as Glint360K and WebFace42M: opened in seconds, in bounded memory, and in a moment the second time. */
import { execFile } from 'node:child_process'
import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { packageFolder } from '../../../../runtime/package-folder.ts'
import { type LongSet, longClass, makeLongSet } from '../../../helpers/long-record-set.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const base = temporaryFolder()
const folder = join(base, 'set')
const cache = join(base, 'cache')

/** Opens the set in a process of its own. */
const script = join(base, 'open.ts')
writeFileSync(
  script,
  `import { openRecordSet } from ${JSON.stringify(join(packageFolder, 'runtime/data/recordio/record-set.ts'))}
const clock = Date.now
// Files that changed a moment ago are not kept.
Date.now = () => clock() + 60_000
const began = performance.now()
try {
  const set = openRecordSet({ root: process.argv[2] ?? '', declared: undefined, firstLabel: 0 })
  const seconds = (performance.now() - began) / 1000
  const { images, classes } = set
  const at = process.argv[3] === 'true' ? [0, Math.floor(images / 3), images - 1] : [0, images - 1]
  const labels = at.map((i) => [i, set.label(i)])
  console.log(JSON.stringify({ images, classes, seconds, labels, memory: process.resourceUsage().maxRSS * 1024 }))
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }))
}
`,
)

interface Opened {
  readonly error?: string
  readonly images: number
  readonly classes: number
  readonly seconds: number
  /** Image and label. */
  readonly labels: readonly (readonly [number, number])[]
  /** Bytes of the process at most. */
  readonly memory: number
}

function open({ announced }: LongSet): Promise<Opened> {
  const tsx = join(packageFolder, 'node_modules/tsx/dist/cli.mjs')
  const env = { ...process.env, ARCC_CACHE: cache }
  return new Promise((resolve) => {
    execFile(process.execPath, [tsx, script, folder, `${announced}`], { env }, (_, out) => resolve(JSON.parse(out)))
  })
}

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  rmSync(cache, { recursive: true, force: true })
})

// As many lines as Glint360K's index, and as WebFace42M has pictures.
const sets: readonly LongSet[] = [
  { images: 17_091_657, classes: 360_232, announced: true },
  { images: 42_474_557, classes: 2_059_906, announced: false },
]

test.each(sets)(
  '$images pictures, announced: $announced',
  async (set) => {
    makeLongSet(folder, set)
    const first = await open(set)
    expect(first).toMatchObject({ images: set.images, classes: set.classes })
    expect(first.seconds).toBeLessThan(15)
    expect(first.memory).toBeLessThan(1.2e9)
    // Without identity records, labels are read; only some records of the file are there, the others are holes.
    for (const [i, label] of first.labels) expect(label).toBe(longClass(set, i))
    const second = await open(set)
    expect(second.labels).toEqual(first.labels)
    expect(second.seconds).toBeLessThan(1)
    // The index changes: it is read again.
    truncateSync(join(folder, 'train.idx'), 200_000)
    const third = await open(set)
    if (set.announced) expect(third.error).toMatch(/train\.idx lacks \d+ records of the \d+ that record 0 announces/)
    else expect(third.error).toMatch(/damaged records/)
  },
  180_000,
)
