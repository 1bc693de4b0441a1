/**
 * `npm run bench:embed -- --kills 12`: kills `arcc embed` (SIGKILL) at seeded random moments, and lets it go on each time; the files must
 * be those of an uninterrupted command, byte for byte, in each format. `--seed 1` chooses the moments. Exit code 1 if anything differs.
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { packageFolder } from '../runtime/package-folder.ts'
import { seededRandom } from '../test/helpers/mutate.ts'
import { writeNarrowNetwork } from '../test/helpers/narrow-weights.ts'

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '12' }, seed: { type: 'string', default: '1' } },
})
const random = seededRandom(Number(values.seed))
const root = mkdtempSync(join(tmpdir(), 'arcc-embed-'))
const say = (text: string) => void process.stdout.write(`${text}\n`)
const pictures = 'synthetic(identities: 60, per_identity: 10)'

interface Ended {
  readonly seconds: number
  readonly killed: boolean
}

/** Embeds into a file, and goes on with what is there; kills the process after some seconds. */
function embed(file: string, killAfter?: number): Promise<Ended> {
  const began = performance.now()
  const network = ['net.safetensors', pictures, '--experiment', 'net.arc', '--engine', 'tfjs', '--batch', '8']
  const args = [join(packageFolder, 'dist/arcc.cjs'), 'embed', ...network, '--out', file, '--flip', '--resume']
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'ignore' })
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), 1000 * killAfter)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      const killed = signal === 'SIGKILL'
      if (!killed && code !== 0) reject(new Error(`arcc embed ended with ${code ?? signal}`))
      else resolve({ seconds: (performance.now() - began) / 1000, killed })
    })
  })
}

try {
  await writeNarrowNetwork(root)
  const formats = ['npy', 'safetensors', 'parquet']
  let [done, seconds] = [0, 0]
  const faults: string[] = []
  for (const [i, ending] of formats.entries()) {
    const whole = `whole.${ending}`
    seconds = (await embed(whole)).seconds
    const wanted = Math.ceil((Number(values.kills) * (i + 1)) / formats.length)
    for (let run = 0; done < wanted; run++) {
      const file = `part-${run}.${ending}`
      while ((await embed(file, done < wanted ? (0.3 + 0.6 * random()) * seconds : undefined)).killed) {
        done++
        if (existsSync(join(root, file))) faults.push(`${file} was there before it was complete`)
      }
      for (const name of readdirSync(root).filter((own) => own.startsWith(file))) {
        const expected = readFileSync(join(root, name.replace(file, whole)))
        if (!readFileSync(join(root, name)).equals(expected)) faults.push(`${name} differs`)
      }
    }
  }
  say(`${done} kills, ${seconds.toFixed(1)} s uninterrupted: ${faults.length} faults`)
  for (const fault of faults) say(`FAULT ${fault}`)
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  rmSync(root, { recursive: true, force: true })
}
