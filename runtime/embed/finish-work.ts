/** Makes the files of a finished embedding from its folder. They appear under their names when they are complete. */
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { syncFolder } from '../sync-folder.ts'
import { type ArrayShape, type EmbeddingFormat, headerBytes, rowBytes, type TensorFacts } from './array-file.ts'
import { type PictureFact, parseFact, type Work, writeAt } from './work-folder.ts'
import { createParquet, groupRows } from './write-parquet.ts'

export interface FinishRequest {
  readonly file: string
  readonly format: EmbeddingFormat
  readonly shape: Omit<ArrayShape, 'rows'>
  /** Bytes before the first row. */
  readonly room: number
  readonly metadata: Readonly<Record<string, string>>
  /** How many pictures are done of all. */
  readonly onProgress: (done: number) => void
  readonly signal: AbortSignal
}

export interface Damage {
  readonly name: string
  readonly reason: string
}

export interface FinishedFiles {
  readonly rows: number
  readonly damaged: number
  /** The first few. */
  readonly damage: readonly Damage[]
  /** The list of names and labels; a parquet file has them itself. */
  readonly namesFile: string | undefined
  /** The list of damaged pictures; missing if there are none. */
  readonly damagedFile: string | undefined
  readonly bytes: number
}

/** With the whole name, so that files of several formats can stand side by side. */
const namesFileOf = (file: string) => `${file}.names.csv`
const damagedFileOf = (file: string) => `${file}.damaged.csv`

/** A cell as RFC 4180 writes it. */
const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

const mostShown = 5
/** Facts between two reports of progress. */
const factsPerReport = 1024
/** Bytes that are collected before they are written. */
const BUFFER = 2 ** 20

/** The facts of all pictures, in order. Stops at an abort, with its reason. */
async function* factsOf(work: Work, signal: AbortSignal): AsyncGenerator<PictureFact> {
  const stream = createReadStream(work.factsFile, { end: Math.max(0, work.reached.factBytes - 1) })
  // JSON has no line breaks in its texts, but may have U+2028, at which readline would break.
  let rest = ''
  stream.setEncoding('utf8')
  for await (const piece of stream) {
    signal.throwIfAborted()
    const lines = (rest + String(piece)).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) yield parseFact(line)
  }
}

interface TextFile {
  add(line: string): Promise<void>
  /** Flushes it to the disk. */
  end(): Promise<void>
}

async function textFile(path: string): Promise<TextFile> {
  const handle = await open(path, 'w')
  let lines: string[] = []
  let length = 0
  const flush = async () => {
    await handle.writeFile(lines.join(''))
    lines = []
    length = 0
  }
  return {
    async add(line) {
      lines.push(`${line}\n`)
      length += line.length
      if (length >= BUFFER) await flush()
    },
    async end() {
      await flush()
      await handle.sync()
      await handle.close()
    },
  }
}

/** What becomes of the embeddings, one after the other. */
interface Target {
  /** The next embedding is of this picture. */
  add(name: string, label: number | undefined): Promise<void>
  /** Completes the file of embeddings, and returns its path. */
  end(): Promise<string>
  close(): Promise<void>
}

/** The rows stay where they are, between a header and, in a safetensors file, labels i32 [M], -1 for none. */
async function arrayTarget(work: Work, request: FinishRequest, names: TextFile): Promise<Target> {
  const { format, room, metadata } = request
  const shape = { ...request.shape, rows: work.reached.rows }
  const labels = new Int32Array(shape.rows).fill(-1)
  let row = 0
  let labeled = 0
  const handle = await open(work.rowsFile, 'r+')
  await names.add('name,label')
  return {
    async add(name, label) {
      if (label !== undefined) {
        labels[row] = label
        labeled++
      }
      row++
      await names.add(`${cell(name)},${label ?? ''}`)
    },
    async end() {
      const facts: TensorFacts = { labels: labeled > 0, metadata }
      if (format === 'safetensors' && facts.labels) {
        await writeAt(handle, new Uint8Array(labels.buffer), room + shape.rows * rowBytes(shape))
      }
      await writeAt(handle, headerBytes(format, shape, facts, room), 0)
      await handle.sync()
      return work.rowsFile
    },
    close: () => handle.close(),
  }
}

/** Fills an array from a place in a file. */
async function readAt(file: FileHandle, into: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < into.length; ) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) throw new Error('it became shorter while it was read')
    done += bytesRead
  }
}

/** The rows are copied. */
async function parquetTarget(work: Work, { shape, metadata }: FinishRequest): Promise<Target> {
  const path = join(work.folder, 'parquet')
  const bytes = rowBytes(shape)
  const parquet = createParquet(path, { ...shape, metadata })
  const handle = await open(work.rowsFile, 'r')
  let names: string[] = []
  let labels: (number | undefined)[] = []
  let at = 0
  const flush = async () => {
    const embeddings = new Uint8Array(names.length * bytes)
    await readAt(handle, embeddings, at)
    await parquet.add({ names, labels, embeddings })
    at += embeddings.length
    names = []
    labels = []
  }
  return {
    async add(name, label) {
      names.push(name)
      labels.push(label)
      if (names.length === groupRows) await flush()
    },
    async end() {
      if (names.length > 0) await flush()
      await parquet.end()
      return path
    },
    close: () => handle.close(),
  }
}

/**
 * Completes the files and removes the folder; the file of embeddings appears last. Throws errors of the system, and the signal's
 * reason, after which the work can be finished again.
 */
export async function finishWork(work: Work, request: FinishRequest): Promise<FinishedFiles> {
  const { file, format, signal, onProgress } = request
  const [namesAside, damagedAside] = [join(work.folder, 'names'), join(work.folder, 'damaged')]
  const [namesFile, damagedFile] = [namesFileOf(file), damagedFileOf(file)]
  const damage: Damage[] = []
  let [done, damaged] = [0, 0]
  const names = await textFile(namesAside)
  const list = await textFile(damagedAside)
  let made: string
  let target: Target | undefined
  try {
    target = format === 'parquet' ? await parquetTarget(work, request) : await arrayTarget(work, request, names)
    await list.add('name,reason')
    for await (const fact of factsOf(work, signal)) {
      if (done++ % factsPerReport === 0) onProgress(done)
      if ('damage' in fact) {
        damaged++
        if (damage.length < mostShown) damage.push({ name: fact.name, reason: fact.damage })
        await list.add(`${cell(fact.name)},${cell(fact.damage)}`)
      } else await target.add(fact.name, fact.label)
    }
    made = await target.end()
  } finally {
    await names.end()
    await list.end()
    await target?.close()
  }
  const rows = work.reached.rows
  // A list of an earlier embedding must not stand beside this one.
  if (damaged === 0) await rm(damagedFile, { force: true })
  else await rename(damagedAside, damagedFile)
  if (format !== 'parquet') await rename(namesAside, namesFile)
  const { size: bytes } = await stat(made)
  await rename(made, file)
  await syncFolder(dirname(resolve(file)))
  await work.remove()
  return {
    rows,
    damaged,
    damage,
    namesFile: format === 'parquet' ? undefined : namesFile,
    damagedFile: damaged === 0 ? undefined : damagedFile,
    bytes,
  }
}
