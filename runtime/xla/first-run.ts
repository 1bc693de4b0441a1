/**
 * Marks of first runs. Machine code that the processor cannot run ends the process at once, with nothing left to report it. Therefore
 * an empty file exists while a program is loaded from the cache, and while it runs for the first time; a mark whose process has ended
 * without removing it tells the next process that the program is not to be trusted.
 *
 * The name of a mark is KEY-CRASHES-PROCESS-NUMBER: processes that run the same program at once have marks of their own.
 */
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { isRunning, processName } from '../process-name.ts'

/** A mark of another computer counts as left behind after this time, in milliseconds. */
const forgotten = 600_000

/** The first run of one program in this process. */
export interface FirstRun {
  /** Sets the mark; does nothing after `passed`. */
  begin(): void
  /** Removes the mark; the next `begin` sets it again. */
  end(): void
  /** Removes the mark for good: the program has run, or failed without ending the process. */
  passed(): void
}

/** Marks of this process, which also end with it if it exits in the middle of a run. */
const own = new Set<string>()
let number = 0

function removeOwn(): void {
  for (const path of own) rmSync(path, { force: true })
}

/** Marks in `folder` for a program; `crashes` is the number of processes in a row that have ended in its first run. */
export function firstRunOf(folder: string, key: string, crashes: number): FirstRun {
  number++
  const path = join(folder, `${key}-${crashes}-${processName()}-${threadId}.${number}`)
  let hasPassed = false
  const end = () => {
    if (own.delete(path)) rmSync(path, { force: true })
  }
  return {
    begin() {
      if (hasPassed || own.has(path)) return
      try {
        mkdirSync(folder, { recursive: true })
        writeFileSync(path, '')
      } catch {
        // Where nothing can be written, nothing can be cached either.
        return
      }
      if (own.size === 0 && !process.listeners('exit').includes(removeOwn)) process.on('exit', removeOwn)
      own.add(path)
    },
    end,
    passed() {
      hasPassed = true
      end()
    },
  }
}

interface Mark {
  readonly path: string
  readonly crashes: number
  readonly process: string
}

function marksOf(folder: string, key: string): Mark[] {
  let names: string[]
  try {
    names = readdirSync(folder)
  } catch {
    return []
  }
  return names.flatMap((name) => {
    const [of, crashes, process] = name.split('-')
    return of === key && process !== undefined ? [{ path: join(folder, name), crashes: Number(crashes), process }] : []
  })
}

function isLeft({ path, process }: Mark): boolean {
  const running = isRunning(process)
  if (running !== undefined) return !running
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && Date.now() - found.mtimeMs > forgotten
}

/**
 * The number of processes in a row that have ended in the first run of a program; 0 if the last one got through. `onLeft` is called
 * before their marks are removed.
 */
export async function crashesOf(folder: string, key: string, onLeft: () => Promise<void>): Promise<number> {
  const left = marksOf(folder, key).filter(isLeft)
  if (left.length === 0) return 0
  await onLeft()
  for (const { path } of left) rmSync(path, { force: true })
  return 1 + Math.max(0, ...left.map(({ crashes }) => crashes).filter(Number.isInteger))
}
