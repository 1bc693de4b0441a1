/**
 * `npm run bench:kill -- --kills 100`: kills a sharded run (SIGKILL) at seeded random moments, every third time while a checkpoint is
 * being written, and resumes it each time; the last checkpoint and the weights must be those of the uninterrupted run, byte for
 * byte. Then flips single bits of the checkpoint's files (`--flips 1000`): each must be found before anything is used. `--seed 1`
 * chooses the moments. Exit code 1 if anything differs.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { flipBits } from './kill-flips.ts'
import { createKiller, filesOf } from './kill-run.ts'
import { killText } from './kill-text.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    flips: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
  },
})
const [kills, flips, seed] = [values.kills, values.flips, values.seed].map(Number)
const root = mkdtempSync(join(tmpdir(), 'arcc-kill-'))
const say = (text: string) => void process.stdout.write(`${text}\n`)

try {
  const file = join(root, 'kill.arc')
  writeFileSync(file, killText)
  const killer = createKiller(file, seed ?? 1)
  const reference = join(root, 'reference')
  // The first one compiles and builds.
  await killer.runToEnd(join(root, 'warm-up'))
  const seconds = await killer.runToEnd(reference)
  const expected = filesOf(reference)
  say(`uninterrupted: ${expected.size} files, ${seconds.toFixed(1)} s`)
  const result = await killer.killed(root, kills ?? 0, seconds, expected)
  say(
    `${result.kills} kills in ${result.runs} runs: ${result.whileWriting} while a checkpoint was written, ${result.beforeFirst} before the first one`,
  )
  for (const fault of result.faults) say(`FAULT ${fault}`)
  const found = await flipBits(join(reference, 'checkpoints'), flips ?? 0, seed ?? 1)
  say(`${flips} flipped bits: ${found.detected} detected before use`)
  for (const missed of found.missed) say(`MISSED ${missed}`)
  process.exitCode = result.faults.length === 0 && found.missed.length === 0 ? 0 : 1
} finally {
  rmSync(root, { recursive: true, force: true })
}
