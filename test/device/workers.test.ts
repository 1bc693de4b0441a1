/** Whole runs with different numbers of threads that prepare pictures: the trained weights are the same. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Plan } from '../../compiler/plan/plan.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { train } from '../../runtime/train/train.ts'
import { encodeJpeg, patternImage } from '../helpers/encoded-images.ts'
import { narrowPlan } from '../helpers/narrow.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { describeOnXla } from '../helpers/xla.ts'

const declarations = `
backbone flat() on Image(112, 112, 3) -> Vector(8) { input |> flatten |> linear(8) as fc |> batch_norm as norm }`
const root = temporaryFolder()
const people = 11
const perPerson = 4

/** A folder of pictures, of which those in `damaged` are cut off. */
async function pictures(name: string, damaged: readonly number[]): Promise<string> {
  const folder = join(root, name)
  for (let i = 0; i < people * perPerson; i++) {
    const person = join(folder, `p${Math.floor(i / perPerson)}`)
    mkdirSync(person, { recursive: true })
    const jpeg = await encodeJpeg(patternImage(112, 112, i))
    writeFileSync(join(person, `${i % perPerson}.jpg`), damaged.includes(i) ? jpeg.subarray(0, jpeg.length / 2) : jpeg)
  }
  return folder
}

function planOn(folder: string, run: Partial<Plan['run']>, atMost?: number): Plan {
  const plan = narrowPlan({ devices: 2, batch: 4, classes: people, declarations, backbone: 'flat()' })
  const dataset: Plan['run']['dataset'] = {
    ...plan.run.dataset,
    format: 'folder',
    root: { path: folder, pending: undefined },
    damaged: atMost === undefined ? 'error' : { kind: 'tolerance', atMost },
  }
  const augment: Plan['run']['augment'] = {
    flip: 0.5,
    ops: [{ op: 'jitter', probability: 0.8, brightness: 0.2, contrast: 0.2, saturation: 0.2, hue: 0 }],
  }
  return { ...plan, run: { ...plan.run, dataset, augment, ...run } }
}

async function runs(name: string, plan: Plan) {
  const events: RunEvent[] = []
  const folder = join(root, name)
  const { signal } = new AbortController()
  await train(plan, { engine: 'xla', folder, signal, onEvent: (event) => void events.push(event) })
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, 'weights.safetensors')))
    .digest('hex')
  const log = readFileSync(join(folder, 'log.ndjson'), 'utf8')
  return { hash, log, events }
}

describeOnXla('a run of 50 steps', () => {
  test('trains the same weights with 0, 1 and 4 threads', async () => {
    const folder = await pictures('whole', [])
    const results = []
    for (const workers of [0, 1, 4]) {
      results.push((await runs(`whole-${workers}`, planOn(folder, { steps: 50, workers }))).hash)
    }
    expect(new Set(results).size).toBe(1)
  })

  test('skips damaged pictures the same, names them in its log and counts them at its end', async () => {
    const folder = await pictures('damaged', [5, 6, 20])
    const results = []
    for (const workers of [0, 2]) {
      const { hash, log, events } = await runs(`damaged-${workers}`, planOn(folder, { steps: 50, workers }, 0.1))
      const skipped = events.filter((event) => event.type === 'skipped')
      expect(skipped.map(({ file }) => file.slice(folder.length)).sort()).toEqual([
        '/p1/1.jpg',
        '/p1/2.jpg',
        '/p5/0.jpg',
      ])
      expect(log.match(/"type":"skipped"/g)).toHaveLength(3)
      expect(events.at(-1)).toMatchObject({ type: 'end', skippedPictures: 3 })
      results.push([hash, skipped.map(({ file, count }) => `${count} ${file}`)])
    }
    expect(results[1]).toEqual(results[0])
  })

  test.each([
    ['above the limit ends it', 0.01, 'ARC6261'],
    ['ends it', undefined, 'ARC6205'],
  ])('a damaged picture %s', async (_, atMost, code) => {
    const folder = await pictures(`limit-${code}`, [5, 6, 20])
    for (const workers of [0, 2])
      await expect(
        runs(`limit-${code}-${workers}`, planOn(folder, { steps: 50, workers }, atMost)),
      ).rejects.toMatchObject({ code })
  })
})
