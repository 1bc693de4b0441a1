/** Runs a command as several processes of this computer, and tells what became of each. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { need } from '../../grammar/diagnostic.ts'
import type { RunEvent } from '../../runtime/events.ts'
import { loopback, type Network } from '../meet/network.ts'

/** On the loopback address none is needed, but one is taken. */
const token = 'a token of the nodes of a bench'

const launcher = join(import.meta.dirname, '..', '..', 'bin', 'arcc.js')

export interface NodeEnd {
  /** Missing after a signal. */
  readonly code: number | undefined
  readonly signal: NodeJS.Signals | undefined
  /** Milliseconds, in time of `performance.now()`. */
  readonly at: number
  /** What it has printed for people. */
  readonly text: string
}

export interface NodesRun {
  readonly nodes: number
  /** The command with its arguments, beside those of the meeting. */
  readonly args: readonly string[]
  /** Where they run; on the loopback address by default. */
  readonly network?: Network
  /** The working directory of each rank; this process's by default. */
  readonly cwd?: (rank: number) => string | undefined
  /** Receives the events of rank 0, and sends signals. */
  readonly onEvent?: (event: RunEvent, kill: (rank: number, signal: NodeJS.Signals) => void) => void
  /** Receives what rank 0 prints for people, all of it so far. */
  readonly onText?: (text: string, kill: (rank: number, signal: NodeJS.Signals) => void) => void
  /** Receives the ranks of the processes that have ended, each time that one does. */
  readonly onEnd?: (ended: ReadonlySet<number>, kill: (rank: number, signal: NodeJS.Signals) => void) => void
  /** Called when all processes are started. */
  readonly onStart?: (kill: (rank: number, signal: NodeJS.Signals) => void) => void
}

function endOf(child: ChildProcess, onText: (text: string) => void): Promise<NodeEnd> {
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
    onText(text)
  })
  return new Promise((resolve) => {
    child.on('close', (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, at: performance.now(), text }),
    )
  })
}

/** Milliseconds after which what still runs is killed: a run of a bench takes seconds. */
const longest = 120_000

/** The ends of the processes, by rank. */
export async function runNodes({
  nodes,
  args,
  network = loopback,
  cwd,
  onEvent,
  onText,
  onEnd,
  onStart,
}: NodesRun): Promise<readonly NodeEnd[]> {
  const rendezvous = `${network.host}:${await network.freePort()}`
  const children = Array.from({ length: nodes }, (_, rank) => {
    const meeting = ['--nodes', `${nodes}`, '--node-rank', `${rank}`, '--rendezvous', rendezvous]
    const own = nodes === 1 ? [] : meeting
    const environment = { ...process.env, NO_COLOR: '1', ARCC_RUN_TOKEN: token }
    const [program, ...words] = [...network.before(rank), process.execPath, launcher, ...args, ...own]
    return spawn(need(program, 'a program'), words, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
      cwd: cwd?.(rank),
    })
  })
  const kill = (rank: number, signal: NodeJS.Signals) => void children[rank]?.kill(signal)
  for (const [rank, child] of children.entries()) {
    const lines = createInterface({ input: child.stdout })
    lines.on('line', (line) => {
      if (rank === 0 && line.startsWith('{')) onEvent?.(JSON.parse(line), kill)
    })
  }
  onStart?.(kill)
  const late = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL')
  }, longest)
  const ended = new Set<number>()
  try {
    return await Promise.all(
      children.map(async (child, rank) => {
        const end = await endOf(child, (text) => rank === 0 && onText?.(text, kill))
        onEnd?.(ended.add(rank), kill)
        return end
      }),
    )
  } finally {
    clearTimeout(late)
  }
}
