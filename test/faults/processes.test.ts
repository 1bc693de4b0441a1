/** What only a process shows: signals, closed pipes, full disks behind its output, folders that cannot be written. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exitCode } from '../../cli/render/exit.ts'
import { packageFolder } from '../../runtime/package-folder.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'
import { makeFaces, tinyText } from './faulty-run.ts'

const root = temporaryFolder()
const faces = makeFaces(join(root, 'faces'))
const source = join(root, 'tiny.arc')
writeFileSync(source, tinyText({ root: faces, steps: 1_000_000 }))

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs Node with these arguments; `onOutput` receives what stdout has so far. */
function runNode(
  args: readonly string[],
  onOutput: (child: ChildProcess, text: string) => void = () => undefined,
  options: SpawnOptions = {},
): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd: packageFolder, stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk
    onOutput(child, stdout)
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
}

const arcc = (...args: readonly string[]) => [join(packageFolder, 'bin/arcc.js'), ...args]

const lastEvent = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'log.ndjson'), 'utf8').trim().split('\n').at(-1) ?? '')

describe.concurrent('arcc run', () => {
  test.each([
    ['SIGTERM', exitCode.terminated],
    ['SIGHUP', exitCode.hungUp],
  ] as const)('%s saves, and ends with the code of the signal', async (signal, code) => {
    const folder = join(root, signal)
    let isSent = false
    const ended = await runNode(
      arcc('run', source, '--engine', 'tfjs', '--json', '--folder', folder),
      (child, text) => {
        if (!isSent && text.includes('"progress"')) isSent = child.kill(signal)
      },
    )
    expect(ended).toMatchObject({ code, signal: null })
    const last = lastEvent(folder)
    expect(last).toMatchObject({ type: 'end', status: 'interrupted' })
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual([`step-${String(last.steps).padStart(6, '0')}`])
  })

  test('saves after an error that nobody has caught', async () => {
    const folder = join(root, 'uncaught')
    const thrown = "data:text/javascript,process.once('SIGUSR2',()=>{throw new TypeError('beside')})"
    let isSent = false
    const ended = await runNode(
      ['--import', thrown, ...arcc('run', source, '--engine', 'tfjs', '--json', '--folder', folder)],
      (child, text) => {
        if (!isSent && text.includes('"progress"')) isSent = child.kill('SIGUSR2')
      },
    )
    expect(ended).toMatchObject({ code: exitCode.internal, signal: null })
    const last = lastEvent(folder)
    expect(last).toMatchObject({ type: 'failed', reason: 'beside', kept: { step: last.step } })
    expect(ended.stderr).toContain('beside')
  })

  test('goes on when nobody reads its output any more', async () => {
    const folder = join(root, 'unread')
    const args = arcc('run', source, '--engine', 'tfjs', '--json', '--folder', folder, '--set', 'train.steps=20')
    const ended = await runNode(args, (child) => child.stdout?.destroy())
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(lastEvent(folder)).toMatchObject({ type: 'end', status: 'done', steps: 20 })
  })
})

describe.concurrent('a short command', () => {
  test('ends in silence when nobody reads its output', async () => {
    const ended = await runNode(arcc('plan', source), undefined, {
      stdio: ['ignore', openSync('/dev/null', 'r'), 'pipe'],
    })
    expect(ended).toMatchObject({ code: 0, stderr: '' })
  })

  test('says that the disk behind its output is full', async () => {
    const ended = await runNode(arcc('plan', source), undefined, {
      stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
    })
    expect(ended).toMatchObject({ code: exitCode.environment, stderr: 'error: the disk is full\n' })
  })
})

test('a second signal ends the process at once, whatever its threads do', async () => {
  const script = `
    import { interruptible } from '${packageFolder}/cli/host/interruptible.ts'
    import { processLibrary } from '${packageFolder}/runtime/native-library.ts'
    interruptible({ onFirst: () => console.log('first') })
    processLibrary().func('unsigned int sleep(unsigned int seconds)').async(60, () => undefined)
    console.log('ready')`
  const file = join(root, 'sleeper.mts')
  writeFileSync(file, script)
  const began = performance.now()
  const ended = await runNode(['--import', 'tsx', file], (child, text) => {
    if (text === 'ready\n') child.kill('SIGINT')
    if (text === 'ready\nfirst\n') setTimeout(() => child.kill('SIGTERM'), 200)
  })
  expect(ended).toMatchObject({ code: exitCode.terminated, stdout: 'ready\nfirst\n' })
  expect(performance.now() - began).toBeLessThan(30_000)
})
