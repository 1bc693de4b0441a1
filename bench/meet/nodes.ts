/** Starts the processes of `npm run bench:meet`, tells them what to do, and hears what they say. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageFolder } from '../../runtime/package-folder.ts'
import { tokenVariable } from '../../runtime/peers/token.ts'
import type { Command, Done, NodeJob, Said } from './job.ts'
import type { Network } from './network.ts'

export interface NodeEnd {
  readonly code: number | undefined
  /** Time of `performance.now()`. */
  readonly at: number
  /** `ARC6857 rank 1 (node-1) is lost: …`; empty without an error. */
  readonly error: string
}

export interface Node {
  readonly rank: number
  /** What it has told people so far. */
  readonly notices: readonly string[]
  /** Resolves when all have met and agree. */
  readonly joined: Promise<void>
  /** Resolves when a notice like this has come. */
  notice(like: RegExp): Promise<void>
  tell(command: Command): Promise<Done>
  kill(signal: NodeJS.Signals): void
  readonly end: Promise<NodeEnd>
}

export interface NodeOptions extends Partial<Omit<NodeJob, 'rank' | 'host' | 'port' | 'nodes'>> {
  readonly network: Network
  readonly port: number
  readonly nodes: number
  readonly rank: number
  readonly token?: string | undefined
  /** Milliseconds by which its clock is ahead. */
  readonly clock?: number | undefined
  /** Whether all its threads collect garbage regularly, so that what stays of a load can be seen. */
  readonly isFrugal?: boolean
}

/** Seconds after which an answer counts as missing. */
const patience = 60

const children = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** Rejects when `promise` has not ended in time. */
export async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} takes more than ${patience} seconds`)), patience * 1000)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

function environmentOf({ token, clock, isFrugal }: NodeOptions): NodeJS.ProcessEnv {
  const { [tokenVariable]: _, NODE_OPTIONS: __, ...inherited } = process.env
  // Threads load them too; modules of --import they do not.
  const preload = (name: string) => ({ NODE_OPTIONS: `--require "${join(import.meta.dirname, name)}"` })
  return {
    ...inherited,
    ...(token === undefined ? {} : { [tokenVariable]: token }),
    ...(clock === undefined ? {} : { ...preload('clock.cjs'), ARCC_MEET_CLOCK: `${clock}` }),
    ...(isFrugal === true ? { ...preload('collect.cjs'), MALLOC_ARENA_MAX: '1' } : {}),
  }
}

export function startNode(options: NodeOptions): Node {
  const { network, port, nodes, rank, version = '1.0', timeoutMs = 40_000, plan = 'same' } = options
  const job: NodeJob = { nodes, rank, host: network.host, port, version, timeoutMs, plan }
  const flags = options.isFrugal === true ? ['--expose-gc', '--max-semi-space-size=1'] : []
  const program = [process.execPath, ...flags, '--import', 'tsx', join(packageFolder, 'bench/meet/node.ts')]
  const [command = '', ...args] = [...network.before(rank), ...program, JSON.stringify(job)]
  const child = spawn(command, args, {
    cwd: packageFolder,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: environmentOf(options),
  })
  children.add(child)
  const notices: string[] = []
  const said = new Set<() => void>()
  const answers: ((done: Done) => void)[] = []
  let isJoined = false
  let error = ''
  /** Resolves as soon as something said makes it true; rejects when the process ends before. */
  const when = (isTrue: () => boolean, what: string) =>
    inTime(
      new Promise<void>((resolve, reject) => {
        const look = () => (isTrue() ? resolve() : undefined)
        said.add(look)
        look()
        end.then(() => reject(new Error(`rank ${rank} ends before ${what}: ${error}`)))
      }),
      what,
    )
  createInterface({ input: child.stdout }).on('line', (line) => {
    const what: Said = JSON.parse(line)
    if (what.type === 'notice') notices.push(what.text)
    else if (what.type === 'joined') isJoined = true
    else if (what.type === 'error') error = `${what.code} ${what.message}`
    else answers.shift()?.(what.done)
    for (const look of said) look()
  })
  child.stdin.on('error', () => undefined)
  const end = new Promise<NodeEnd>((resolve) => {
    child.once('close', (code) => {
      children.delete(child)
      resolve({ code: code ?? undefined, at: performance.now(), error })
    })
  })
  const joined = when(() => isJoined, 'meeting')
  joined.catch(() => undefined)
  return {
    rank,
    notices,
    joined,
    notice: (like) => when(() => notices.some((text) => like.test(text)), String(like)),
    tell(wanted) {
      const answer = new Promise<Done>((resolve, reject) => {
        answers.push(resolve)
        end.then(() => reject(new Error(`rank ${rank} ends instead of ${wanted.do}: ${error}`)))
      })
      child.stdin.write(`${JSON.stringify(wanted)}\n`)
      return inTime(answer, `${wanted.do} at rank ${rank}`)
    },
    kill: (signal) => void child.kill(signal),
    end,
  }
}

/** Nodes of these ranks, started at once. */
export function startNodes(ranks: readonly number[], options: Omit<NodeOptions, 'rank'>): readonly Node[] {
  return ranks.map((rank) => startNode({ ...options, rank }))
}

/** Has nodes leave the run; their ends. */
export function leave(nodes: readonly Node[]): Promise<readonly NodeEnd[]> {
  // Nobody answers it.
  for (const node of nodes) node.tell({ do: 'close' }).catch(() => undefined)
  return inTime(Promise.all(nodes.map(({ end }) => end)), 'leaving')
}

/** Kills what is left of a meeting. */
export async function killAll(nodes: readonly Node[]): Promise<void> {
  for (const node of nodes) node.kill('SIGKILL')
  await Promise.all(nodes.map(({ end }) => end))
}
