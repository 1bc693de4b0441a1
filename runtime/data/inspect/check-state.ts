/**
 * What an unfinished check keeps, so that it can go on later: `hashes`, u64[images], 0 for pictures that were not checked, and
 * `faults.ndjson`, whose lines of unfinished chunks are ignored. The line of a chunk is on the disk before its hashes, and has a
 * SHA-256 of both: a chunk with other contents is checked again.
 */
import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { mkdir, open, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceContents } from '../../replace-file.ts'
import type { Collection } from '../collection.ts'
import type { Fault } from '../jobs/found.ts'
import { notWritten } from '../pack/output-files.ts'
import { addArray, type Hash } from './collection-hash.ts'

/** Pictures of one job; kept work is counted in these. */
export const CHUNK = 256

/** The faults of one chunk, and its encoded bytes. */
export interface ChunkLine {
  readonly chunk: number
  readonly bytes: number
  readonly faults: readonly Fault[]
}

/** Members of recipes that say nothing of the pictures: what labels were read so far, and the times of a list, which `files` has. */
const passing: ReadonlySet<string> = new Set(['labels', 'origin'])

/** Every member counts, so that none is forgotten: with another root, column or separator, the same files are other pictures. */
function addValue(hash: Hash, value: unknown): void {
  if (ArrayBuffer.isView(value)) addArray(hash, value)
  else if (Array.isArray(value)) {
    hash.update(`${value.length} items `)
    for (const item of value) addValue(hash, item)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (passing.has(name)) continue
      hash.update(`${name}: `)
      addValue(hash, member)
      if (name === 'files' && Array.isArray(member)) for (const file of member) addFile(hash, String(file))
    }
  } else hash.update(`${JSON.stringify(value)} `)
}

/** A changed file has another time of change, even if its size and its time of modification were set to the old ones. */
function addFile(hash: Hash, file: string): void {
  const found = statSync(file, { throwIfNoEntry: false })
  hash.update(`${found?.size} ${found?.mtimeMs} ${found?.ctimeMs} `)
}

/** A name for the content that a check reads: its files with sizes and times, or the paths of its pictures, and how they are read. */
export function sourceIdentity({ images, classes, recipe }: Pick<Collection, 'images' | 'classes' | 'recipe'>): string {
  const hash = createHash('sha256').update(`${images} ${classes} `)
  addValue(hash, recipe)
  return hash.digest('hex').slice(0, 32)
}

export interface CheckState {
  /** u64[images], shared with the workers. */
  readonly hashes: BigUint64Array<SharedArrayBuffer>
  /** The chunks that an earlier check finished. */
  readonly done: readonly ChunkLine[]
  /** Keeps the results of chunks. Throws ARC6410. */
  save(lines: readonly ChunkLine[]): Promise<void>
  /** Forgets everything: the check is complete. */
  remove(): Promise<void>
  close(): Promise<void>
}

interface StoredLine extends ChunkLine {
  /** SHA-256 of the other members and of the chunk's hashes. */
  readonly sum: string
}

/** `hashes`: those of the chunk. */
function sumOf({ chunk, bytes, faults }: ChunkLine, hashes: BigUint64Array): string {
  const own = new Uint8Array(hashes.buffer, hashes.byteOffset, hashes.byteLength)
  return createHash('sha256')
    .update(JSON.stringify([chunk, bytes, faults]))
    .update(own)
    .digest('hex')
}

/** The range of pictures of a chunk. */
export function chunkRange(chunk: number, images: number): { readonly from: number; readonly to: number } {
  return { from: chunk * CHUNK, to: Math.min(images, (chunk + 1) * CHUNK) }
}

function parseLine(text: string): StoredLine | undefined {
  try {
    return JSON.parse(text)
  } catch {
    // The last line may have been cut off.
    return undefined
  }
}

/** The kept lines of chunks whose hashes were kept too; the hashes of all others are cleared. */
function finished(text: string, hashes: BigUint64Array): ChunkLine[] {
  const lines = new Map<number, ChunkLine>()
  for (const line of text.split('\n').map(parseLine)) {
    // Any JSON may stand there after damage.
    if (typeof line !== 'object' || line === null || !Number.isInteger(line.chunk)) continue
    const { sum, ...rest } = line
    const { from, to } = chunkRange(line.chunk, hashes.length)
    const own = hashes.subarray(from, to)
    if (own.length > 0 && !own.includes(0n) && sum === sumOf(rest, own)) lines.set(line.chunk, rest)
  }
  for (let chunk = 0; chunk * CHUNK < hashes.length; chunk++) {
    const { from, to } = chunkRange(chunk, hashes.length)
    if (!lines.has(chunk)) hashes.fill(0n, from, to)
  }
  return [...lines.values()].sort((a, b) => a.chunk - b.chunk)
}

/** Opens the state in `folder`; what an earlier check kept is used if `resume` is set, else removed. Throws ARC6410. */
export async function openCheckState(folder: string, images: number, resume: boolean): Promise<CheckState> {
  const hashes = new BigUint64Array(new SharedArrayBuffer(8 * images))
  const bytes = new Uint8Array(hashes.buffer)
  const [hashFile, faultFile] = [join(folder, 'hashes'), join(folder, 'faults.ndjson')]
  const failed = (error: unknown) => notWritten(folder, error)
  const stored = (line: ChunkLine): StoredLine => {
    const { from, to } = chunkRange(line.chunk, images)
    return { ...line, sum: sumOf(line, hashes.subarray(from, to)) }
  }
  try {
    if (!resume) await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    let done: ChunkLine[] = []
    if (existsSync(hashFile) && existsSync(faultFile)) {
      const kept = await open(hashFile, 'r')
      try {
        for (let at = 0; at < bytes.length; ) {
          const { bytesRead } = await kept.read(bytes, at, Math.min(2 ** 26, bytes.length - at), at)
          if (bytesRead === 0) break
          at += bytesRead
        }
      } finally {
        await kept.close()
      }
      done = finished(await readFile(faultFile, 'utf8'), hashes)
    }
    // Written anew, so that a line that was cut off does not spoil the next one.
    await replaceContents(faultFile, textsOf(done.map(stored)))
    const table = await open(hashFile, existsSync(hashFile) ? 'r+' : 'w+')
    const lines = await truncate(hashFile, bytes.length)
      .then(() => open(faultFile, 'a'))
      .catch(async (error: unknown) => {
        await table.close()
        throw error
      })
    return {
      hashes,
      done,
      async save(chunks) {
        try {
          await lines.appendFile(chunks.map((line) => `${JSON.stringify(stored(line))}\n`).join(''))
          await lines.datasync()
          for (const { chunk } of chunks) {
            const { from, to } = chunkRange(chunk, images)
            await table.write(bytes, 8 * from, 8 * (to - from), 8 * from)
          }
        } catch (error) {
          throw failed(error)
        }
      },
      remove: () => rm(folder, { recursive: true, force: true }),
      async close() {
        await table.close()
        await lines.close()
      },
    }
  } catch (error) {
    throw failed(error)
  }
}

function* textsOf(lines: readonly StoredLine[]): Generator<string> {
  for (const line of lines) yield `${JSON.stringify(line)}\n`
}
