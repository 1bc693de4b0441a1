/** Starts, kills and resumes runs for `bench:kill`. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../runtime/package-folder.ts'
import { randomOf } from '../test/helpers/op-case.ts'

interface Ended {
  readonly code: number | null
  readonly output: string
}

interface KillResult {
  readonly kills: number
  readonly runs: number
  readonly whileWriting: number
  /** Killed before there was a checkpoint: these start from the beginning. */
  readonly beforeFirst: number
  readonly faults: readonly string[]
}

const start = (args: readonly string[]) =>
  spawn(process.execPath, [join(packageFolder, 'bin/arcc.js'), 'run', ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })

function ended(child: ChildProcess): Promise<Ended> {
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      output += chunk
    })
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })))
}

/** SHA-256 of the weights and of every file of the last checkpoint, by name. */
export function filesOf(run: string): ReadonlyMap<string, string> {
  const last = readdirSync(join(run, 'checkpoints')).sort().at(-1) ?? ''
  const names = readdirSync(join(run, 'checkpoints', last)).map((name) => `checkpoints/${last}/${name}`)
  const hash = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(run, name)))
      .digest('hex')
  return new Map(['weights.safetensors', ...names].map((name) => [name, hash(name)]))
}

/** Whether a checkpoint is being written when this resolves; false after `seconds`, or when the child has ended. */
function writing(run: string, seconds: number, end: Promise<unknown>): Promise<boolean> {
  const folder = join(run, 'checkpoints')
  return new Promise((resolve) => {
    const finish = (found: boolean) => {
      watcher?.close()
      clearTimeout(timer)
      resolve(found)
    }
    const timer = setTimeout(() => finish(false), seconds * 1000)
    const watcher = existsSync(folder)
      ? watch(folder, (_, name) => {
          if (name?.endsWith('.partial') && existsSync(join(folder, name))) finish(true)
        })
      : undefined
    void end.then(() => finish(false))
  })
}

const sleep = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000))

export function createKiller(file: string, seed: number) {
  const random = randomOf(`kills ${seed}`)
  const argumentsFor = (run: string) =>
    existsSync(join(run, 'run.json')) ? ['--resume', run] : [file, '--folder', run]

  /** Kills a run once, unless it ends before. */
  async function killOnce(run: string, kill: number, seconds: number) {
    const child = start(argumentsFor(run))
    const end = ended(child)
    let atWrite = false
    // Every third kill waits for a random moment, then for a checkpoint to be begun, then for a part of its writing.
    await Promise.race([end, sleep(random() * seconds)])
    if (kill % 3 === 2) {
      atWrite = await writing(run, seconds, end)
      if (atWrite) await sleep(random() * 0.004)
    }
    const killed = child.exitCode === null && child.kill('SIGKILL')
    const { code, output } = await end
    return { killed: killed && code === null, whileWriting: atWrite && hasPartial(run), code, output }
  }

  return {
    /** Runs to the end without interruption; returns the seconds. */
    async runToEnd(run: string): Promise<number> {
      const begun = performance.now()
      const { code, output } = await ended(start([file, '--folder', run]))
      if (code !== 0) throw new Error(`the run ended with ${code}: ${output}`)
      return (performance.now() - begun) / 1000
    },
    async killed(
      root: string,
      wanted: number,
      seconds: number,
      expected: ReadonlyMap<string, string>,
    ): Promise<KillResult> {
      const faults: string[] = []
      let [kills, runs, whileWriting, beforeFirst] = [0, 0, 0, 0]
      while (kills < wanted && faults.length === 0) {
        const run = join(root, `run-${++runs}`)
        for (;;) {
          // After the last kill, it goes on to its end.
          const attempt =
            kills < wanted
              ? await killOnce(run, kills, seconds)
              : { ...(await ended(start(argumentsFor(run)))), killed: false, whileWriting: false }
          if (attempt.output.includes('is damaged'))
            faults.push(`kill ${kills} left a damaged checkpoint: ${attempt.output}`)
          if (!attempt.killed) {
            if (attempt.code !== 0) faults.push(`after kill ${kills} it ended with ${attempt.code}: ${attempt.output}`)
            break
          }
          kills++
          if (attempt.whileWriting) whileWriting++
          if (
            !existsSync(join(run, 'checkpoints')) ||
            readdirSync(join(run, 'checkpoints')).every((name) => name.endsWith('.partial'))
          )
            beforeFirst++
        }
        if (faults.length === 0) faults.push(...differences(run, expected))
        rmSync(run, { recursive: true, force: true })
      }
      return { kills, runs, whileWriting, beforeFirst, faults }
    },
  }
}

function hasPartial(run: string): boolean {
  const folder = join(run, 'checkpoints')
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.partial'))
}

function differences(run: string, expected: ReadonlyMap<string, string>): string[] {
  const found = filesOf(run)
  return [...expected].flatMap(([name, hash]) => (found.get(name) === hash ? [] : [`${run}: ${name} differs`]))
}
