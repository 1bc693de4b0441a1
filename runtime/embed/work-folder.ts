/**
 * The folder of an unfinished embedding, `FILE.unfinished`: `rows`, the file that it becomes, `facts`, a line of JSON for each
 * picture, and `record`, how far both are. Bytes are flushed to the disk before the record speaks of them.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { type FileHandle, open, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { packErrors } from '../data/pack/messages.ts'
import { ArccError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { type ProcessLock, tryLock } from '../process-lock.ts'
import { syncFolder } from '../sync-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { embedErrors } from './messages.ts'
import { type Identity, lineOf, nothing, type Reached, type RowPlaces, readRecord, sumOf } from './work-record.ts'

export const workFolderOf = (file: string) => `${file}.unfinished`

/** What to do with what is there. */
export interface Overwriting {
  readonly resume: boolean
  readonly force: boolean
}

/** Throws ARC6411 if the file exists, ARC6820 if it is unfinished, unless options say what to do. */
export function checkOutput(file: string, { resume, force }: Overwriting): void {
  if (existsSync(file) && !force) throw packErrors('ARC6411', { file })
  if (existsSync(join(workFolderOf(file), 'record')) && !resume && !force) throw embedErrors('ARC6820', { file })
}

/** The class of a picture, or why it was left out. */
export type PictureFact =
  | { readonly name: string; readonly label?: number | undefined }
  | { readonly name: string; readonly damage: string }

/** `["p1/3.jpg",1]`, `["a.jpg"]`, or `["cut.jpg",null,"the file is truncated"]`. */
function factLine(fact: PictureFact): string {
  const { name } = fact
  if ('damage' in fact) return `${JSON.stringify([name, null, fact.damage])}\n`
  return `${JSON.stringify(fact.label === undefined ? [name] : [name, fact.label])}\n`
}

/** The fact of a line that `factLine` wrote; lines are verified before they are read. */
export function parseFact(line: string): PictureFact {
  const [name, label, damage]: [string, (number | null)?, string?] = JSON.parse(line)
  return damage === undefined ? { name, label: label ?? undefined } : { name, damage }
}

export interface Work {
  readonly folder: string
  /** What an earlier command has done. */
  readonly kept: Reached
  /** How far the files are on the disk, by the record. */
  readonly reached: Reached
  /** Paths of the files. */
  readonly rowsFile: string
  readonly factsFile: string
  /** Appends the embeddings of some pictures, and a fact for each picture. Throws ARC6826. */
  append(rows: Uint8Array, facts: readonly PictureFact[]): Promise<void>
  /** Flushes what was appended, and records it. Throws ARC6826. */
  keep(): Promise<void>
  /** Closes the files and releases the folder. */
  close(): Promise<void>
  /** Closes, and removes the folder. */
  remove(): Promise<void>
}

const hash = () => createHash('sha256')

/** Writes bytes at a place, however many pieces the system makes of them. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.length - done, 2 ** 30), position + done)
    done += bytesWritten
  }
}

/**
 * Opens the folder of `file`; the caller closes it. `resume` goes on with what is there, if anything is. Throws ARC6820 to ARC6823,
 * ARC6826, and ARC6411.
 */
export async function openWork(
  file: string,
  identity: Identity,
  places: RowPlaces,
  { resume, force }: Overwriting,
  onVerified: (pictures: number) => void,
): Promise<Work> {
  checkOutput(file, { resume, force })
  const folder = workFolderOf(file)
  const [rowsFile, factsFile, recordFile] = ['rows', 'facts', 'record'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const failed = (error: unknown) =>
    error instanceof ArccError ? error : embedErrors('ARC6826', { file, reason: reasonOf(error) }, error)
  const opened: FileHandle[] = []
  let lock: ProcessLock | undefined
  const close = async () => {
    for (const handle of opened.splice(0)) await handle.close()
    await lock?.release()
    lock = undefined
  }
  try {
    makeFolder(folder)
    lock = await takeLock(folder, file)
    // Other files are of no use without the record; one that was just created is empty.
    const text = resume && existsSync(recordFile) ? await readFile(recordFile, 'utf8') : ''
    const before = text === '' ? undefined : text
    if (before === undefined) for (const path of [recordFile, rowsFile, factsFile]) await rm(path, { force: true })
    const openOne = async (path: string) => {
      const handle = await open(path, existsSync(path) ? 'r+' : 'w+')
      opened.push(handle)
      return handle
    }
    const [rows, facts] = [await openOne(rowsFile), await openOne(factsFile)]
    const first = { body: identity, sum: sumOf('', identity) }
    const found =
      before === undefined
        ? { reached: nothing, sum: first.sum, bytes: 0 }
        : await readRecord(before, identity, { rows, facts }, places, { file, onVerified })
    const record = await openOne(recordFile)
    if (before === undefined) await writeAt(record, Buffer.from(lineOf(first)), 0)
    const kept = found.reached
    await truncate(rowsFile, places.room + kept.rows * places.rowBytes)
    await truncate(factsFile, kept.factBytes)
    let recordEnd = before === undefined ? Buffer.byteLength(lineOf(first)) : found.bytes
    await truncate(recordFile, recordEnd)
    await record.sync()
    await syncFolder(folder)

    let { reached, sum } = found
    let now = kept
    let [rowHash, factHash] = [hash(), hash()]
    return {
      folder,
      kept,
      rowsFile,
      factsFile,
      get reached() {
        return reached
      },
      async append(bytes, added) {
        const text = Buffer.from(added.map(factLine).join(''))
        try {
          await writeAt(rows, bytes, places.room + now.rows * places.rowBytes)
          await writeAt(facts, text, now.factBytes)
        } catch (error) {
          throw failed(error)
        }
        rowHash.update(bytes)
        factHash.update(text)
        now = {
          pictures: now.pictures + added.length,
          rows: now.rows + bytes.length / places.rowBytes,
          factBytes: now.factBytes + text.length,
        }
      },
      async keep() {
        if (now.pictures === reached.pictures) return
        try {
          await rows.datasync()
          await facts.datasync()
          const next = sumOf(sum, now, rowHash.digest('hex'), factHash.digest('hex'))
          const line = Buffer.from(lineOf({ body: now, sum: next }))
          await writeAt(record, line, recordEnd)
          await record.datasync()
          recordEnd += line.length
          sum = next
          reached = now
        } catch (error) {
          throw failed(error)
        }
        rowHash = hash()
        factHash = hash()
      },
      close,
      async remove() {
        await close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await close()
    throw failed(error)
  }
}

/** Attempts to take the lock while others do the same. */
const attempts = 5

async function takeLock(folder: string, file: string): Promise<ProcessLock> {
  for (let attempt = 1; ; attempt++) {
    const { lock, owner } = await tryLock(join(folder, 'lock'))
    if (lock !== undefined) return lock
    if (owner !== undefined) throw embedErrors('ARC6823', { file, pid: owner.pid, host: owner.host })
    if (attempt === attempts) throw embedErrors('ARC6826', { file, reason: `the lock in ${folder} cannot be taken` })
  }
}
