/** `left-out.json` in a run's folder: the steps whose batches were left out, so that a resumed run leaves them out as well. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceContents } from '../replace-file.ts'

const leftOutName = 'left-out.json'

/** Steps from 0; none for a new run, or where none was left out. A file that is damaged counts as missing: the steps fail again. */
export async function readLeftOut(folder: string, isResumed: boolean): Promise<Set<number>> {
  if (!isResumed) return new Set()
  try {
    const steps: unknown = JSON.parse(await readFile(join(folder, leftOutName), 'utf8'))
    return new Set(Array.isArray(steps) ? steps.filter((step) => Number.isInteger(step)) : [])
  } catch {
    return new Set()
  }
}

/** Replaces the file. */
export async function writeLeftOut(folder: string, steps: ReadonlySet<number>): Promise<void> {
  await replaceContents(join(folder, leftOutName), `${JSON.stringify([...steps])}\n`, { durable: true })
}
