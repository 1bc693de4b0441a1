/** Damaged run folders: a page is made of whatever is left, or the error has a code. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { comparisonPage, runPage } from '../../../cli/page/report/report-page.ts'
import { documentLook } from '../../../cli/render/look.ts'
import { renderDifferences, renderRuns } from '../../../cli/runs/render-runs.ts'
import { hashFiles } from '../../../cli/runs/hash-files.ts'
import type { RunPictures } from '../../../cli/runs/pictures.ts'
import { readRun } from '../../../cli/runs/read-run.ts'
import { runToJson } from '../../../cli/runs/to-json.ts'
import type { RunEvent } from '../../../runtime/events.ts'
import { evaluationEvent, eventsOfAllTypes, progressEvent } from '../../helpers/log-events.ts'
import { fuzzCount, mutate, seededRandom } from '../../helpers/mutate.ts'
import { mutateBytes } from '../../helpers/mutate-bytes.ts'
import { pageFaults } from '../../helpers/page.ts'
import { evaluation, record, writeRun } from '../../helpers/run-folder.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { glintPlan } from '../render/plan-fixture.ts'

const folder = join(temporaryFolder(), 'run')
const events: readonly RunEvent[] = [
  ...Object.values(eventsOfAllTypes),
  ...[progressEvent(1), progressEvent(30), evaluationEvent(30), progressEvent(100), eventsOfAllTypes.end],
]
const pictures: RunPictures = { sheet: [], sheetGap: 'none', pairsPerKind: 3, pairs: new Map(), reasonOf: () => '' }

const files = [
  ...['log.ndjson', 'log.ndjson', 'run.json', 'plan.yaml'],
  ...['evaluations/lfw/evaluation.json', 'checkpoints/step-000100/manifest.json'],
]

/** Numbers that turn axes and tables over, in place of one in the text. */
const edges = ['0', '-1', '1e308', '-1e308', '5e-324', '1e999', 'null', '""', '[]', '{}', '9007199254740993']

function otherNumber(text: string, random: () => number): string {
  const numbers = [...text.matchAll(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g)]
  const found = numbers[Math.floor(random() * numbers.length)]
  if (found === undefined) return text
  const edge = edges[Math.floor(random() * edges.length)] ?? '0'
  return text.slice(0, found.index) + edge + text.slice(found.index + found[0].length)
}

test('mutated logs, manifests, plans and evaluations are shown or named', { timeout: 1e6 }, async () => {
  const random = seededRandom(7)
  writeRun(folder, { events, record, plan: glintPlan, evaluations: [evaluation('lfw')], checkpoints: [100] })
  const whole = await readRun(folder)
  expect(whole.gaps).toEqual([])
  const originals = new Map(files.map((name) => [name, readFileSync(join(folder, name))]))
  let damaged = 0
  for (let i = 0; i < fuzzCount(90); i++) {
    const name = files[i % files.length] ?? ''
    const original = originals.get(name) ?? Buffer.alloc(0)
    const kind = Math.floor(random() * 3)
    const bytes =
      kind === 0
        ? mutateBytes(original, random)
        : Buffer.from((kind === 1 ? mutate : otherNumber)(original.toString('utf8'), random))
    writeFileSync(join(folder, name), bytes)
    const run = await readRun(folder)
    if (run.gaps.length > 0) damaged++
    const html = runPage(run, pictures, i % 8 === 0 ? await hashFiles(run) : [], 'arcc')
    // Texts of events may contain NaN, attributes with coordinates may not.
    const at = html.search(/NaN[^"<>]*"|undefined|\[object /)
    expect(at < 0 ? '' : html.slice(at - 60, at + 40)).toBe('')
    // The parser takes most of the time.
    if (i % 6 === 0)
      expect([html, comparisonPage([run, { ...whole, name: 'whole' }], 'arcc')].flatMap(pageFaults)).toEqual([])
    expect(renderRuns([run], undefined, documentLook).length).toBeGreaterThan(2)
    renderDifferences(run, whole, documentLook)
    JSON.stringify(runToJson(run))
    writeFileSync(join(folder, name), original)
  }
  expect(damaged).toBeGreaterThan(10)
})
