/**
 * The record of an unfinished embedding: what it is of, and how far its files are. Each line is JSON with a SHA-256 of everything
 * before it, and of the bytes that it speaks of, so that a line which was torn, or whose bytes are not on the disk, ends what counts.
 */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { embedErrors } from './messages.ts'

/** What an embedding is of: it is only continued with the same. Each entry is named in messages. */
export interface Identity {
  /** SHA-256 of the weights. */
  readonly weights: string
  readonly backbone: string
  readonly precision: string
  /** A name for the content of the source. */
  readonly pictures: string
  readonly images: number
  /** D. */
  readonly width: number
  readonly format: string
  readonly flip: boolean
  readonly normalize: boolean
  readonly f16: boolean
}

/** How the entries of an identity are called where they differ. */
const shown: { readonly [K in keyof Identity]: string } = {
  weights: 'the weights',
  backbone: 'the backbone',
  precision: '--precision',
  pictures: 'the pictures',
  images: 'the number of pictures',
  width: 'the width of an embedding',
  format: 'the format',
  flip: '--flip',
  normalize: '--normalize',
  f16: '--f16',
}

/** Hashes and paths tell people nothing. */
const unspoken: ReadonlySet<keyof Identity> = new Set<keyof Identity>(['weights', 'pictures'])

/** How far the files are. */
export interface Reached {
  /** Pictures that are done. */
  readonly pictures: number
  /** Embeddings: one of each picture that is not damaged. */
  readonly rows: number
  /** Bytes of the file of facts. */
  readonly factBytes: number
}

export const nothing: Reached = { pictures: 0, rows: 0, factBytes: 0 }

interface Line {
  /** `Identity`, or `Reached`. */
  readonly body: unknown
  readonly sum: string
}

export function sumOf(before: string, body: unknown, ...bytes: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([before, body, ...bytes]))
    .digest('hex')
}

export const lineOf = (line: Line) => `${JSON.stringify(line)}\n`

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) && typeof value.sum === 'string' ? { body: value.body, sum: value.sum } : undefined
  } catch {
    return undefined
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** The state after `before`, if that is what a line says. */
function reachedIn(body: unknown, before: Reached, images: number): Reached | undefined {
  if (!isRecord(body)) return undefined
  const { pictures, rows, factBytes } = body
  if (!isCount(pictures) || !isCount(rows) || !isCount(factBytes)) return undefined
  const [added, addedRows] = [pictures - before.pictures, rows - before.rows]
  const isSound = added > 0 && pictures <= images && addedRows >= 0 && addedRows <= added
  return isSound && factBytes > before.factBytes ? { pictures, rows, factBytes } : undefined
}

/** Throws ARC6821 if an unfinished embedding is of something else, ARC6822 if its record does not say of what. */
function checkIdentity(line: Line | undefined, own: Identity, file: string): void {
  const damaged = (reason: string) => embedErrors('ARC6822', { file, reason })
  if (line === undefined) throw damaged('its first line is not whole')
  const { body, sum } = line
  if (!isRecord(body) || sum !== sumOf('', body)) throw damaged('its first line has another checksum')
  const differences = (Object.keys(shown) as (keyof Identity)[]).flatMap((name) => {
    const [now, then] = [own[name], body[name]]
    if (now === then) return []
    return [unspoken.has(name) ? `${shown[name]} are others` : `${shown[name]}: ${String(then)} then, ${now} now`]
  })
  if (differences.length > 0) throw embedErrors('ARC6821', { file, differences })
}

/** The bytes that are read at once. */
const PIECE = 2 ** 22

/** SHA-256 of a range of a file; `undefined` if the file ends before. */
async function rangeSum(file: FileHandle, from: number, to: number): Promise<string | undefined> {
  const hash = createHash('sha256')
  const piece = new Uint8Array(Math.min(PIECE, to - from))
  for (let at = from; at < to; ) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, to - at), at)
    if (bytesRead === 0) return undefined
    hash.update(piece.subarray(0, bytesRead))
    at += bytesRead
  }
  return hash.digest('hex')
}

/** The files of an unfinished embedding. */
export interface WorkFiles {
  readonly rows: FileHandle
  readonly facts: FileHandle
}

/** Where the bytes of the rows lie. */
export interface RowPlaces {
  /** Bytes before the first. */
  readonly room: number
  readonly rowBytes: number
}

/** A record that was read. */
export interface ReadRecord {
  readonly reached: Reached
  /** The sum of the last line that counts. */
  readonly sum: string
  /** Bytes of the record up to its end. */
  readonly bytes: number
}

/**
 * How far the files of an unfinished embedding are, by the lines that agree with them, up to the first that does not. Reads all of
 * their bytes, and tells after each line how many pictures are verified. Throws ARC6821 and ARC6822; `file` names the embedding.
 */
export async function readRecord(
  text: string,
  own: Identity,
  { rows, facts }: WorkFiles,
  { room, rowBytes }: RowPlaces,
  { file, onVerified }: { readonly file: string; readonly onVerified: (pictures: number) => void },
): Promise<ReadRecord> {
  const [first = '', ...lines] = text.split('\n')
  const head = parseLine(first)
  checkIdentity(head, own, file)
  let sum = head?.sum ?? ''
  let reached = nothing
  let bytes = Buffer.byteLength(first) + 1
  // What comes after the last line break is torn.
  for (const text of lines.slice(0, -1)) {
    const line = parseLine(text)
    const next = line && reachedIn(line.body, reached, own.images)
    if (line === undefined || next === undefined) break
    const rowSum = await rangeSum(rows, room + reached.rows * rowBytes, room + next.rows * rowBytes)
    const factSum = await rangeSum(facts, reached.factBytes, next.factBytes)
    if (rowSum === undefined || factSum === undefined) break
    if (line.sum !== sumOf(sum, next, rowSum, factSum)) break
    reached = next
    sum = line.sum
    bytes += Buffer.byteLength(text) + 1
    onVerified(reached.pictures)
  }
  return { reached, sum, bytes }
}
