/**
 * Finds the pictures and labels in WebDataset's shards: members of a tar archive whose names are equal up to the first dot belong
 * together (`0001.jpg`, `0001.cls`, `0001.json`).
 */
import type { LeftOut } from '../collection.ts'
import type { ListedLabels } from '../kept/kept-labels.ts'
import { isPictureName } from '../picture-name.ts'
import { type ScanCount, type ScanWatcher, scanCount } from '../scan-progress.ts'
import { createClassNumbers, type LabelKind } from '../sources/class-numbers.ts'
import { f64Column, u16Column, u32Column } from '../sources/growing.ts'
import { type FaultLog, faultLog, sourceErrors } from '../sources/messages.ts'
import { openTar, type TarArchive, TarFault, type TarMember } from './tar-members.ts'

export interface ShardSpec {
  readonly files: readonly string[]
  /** The ending of the members, or the key in `.json` members, that has the label; default: `cls`, or `label` in `.json`. */
  readonly label: string | undefined
  readonly labels: LabelKind | undefined
}

/** Where the pictures lie in the shards, in the order of their samples. */
export interface ShardIndex extends ListedLabels {
  readonly offsets: Float64Array<SharedArrayBuffer>
  readonly lengths: Uint32Array<SharedArrayBuffer>
  readonly file: Uint16Array<SharedArrayBuffer>
}

/** Labels are short; a larger member is none. */
const MOST_LABEL_BYTES = 2 ** 20
/** No picture is larger; a larger member is no picture. */
const MOST_PICTURE_BYTES = 2 ** 28

/** What is left out, and the first few examples. */
function omissions() {
  const found = new Map<string, { count: number; readonly examples: string[] }>()
  return {
    add(what: string, example: string) {
      const known = found.get(what) ?? { count: 0, examples: [] }
      known.count += 1
      if (known.examples.length < 3) known.examples.push(example)
      found.set(what, known)
    },
    list: (): LeftOut[] =>
      [...found].map(([what, { count, examples }]) => {
        // `1 label without a picture`, `2 labels without a picture`
        const counted = count === 1 ? what.replace(/^(picture|label)s/, '$1') : what
        return { what: `${count} ${counted}`, count, examples }
      }),
  }
}

type Omissions = ReturnType<typeof omissions>

/**
 * Reads the headers and labels of all shards; no picture is read. Throws ARC6206 if a shard cannot be opened, ARC6294 with
 * everything that is wrong with the shards, ARC6297 if no picture has a label, ARC6293 if labels are numbers with gaps.
 */
export function indexShards(root: string, spec: ShardSpec, watcher?: ScanWatcher): ShardIndex {
  const [offsets, lengths, file] = [f64Column(), u32Column(), u16Column()]
  const classes = createClassNumbers(spec.labels)
  const faults = faultLog()
  const left = omissions()
  const endings = new Set<string>()
  const members = scanCount(watcher, `reading the headers of ${root}`)
  for (const [number, path] of spec.files.entries()) {
    const add = (picture: TarMember, label: string): void => {
      const fault = classes.addText(label)
      if (fault !== undefined) {
        faults.add(`${path}, ${picture.name}: ${fault}`)
        return
      }
      offsets.add(picture.offset)
      lengths.add(picture.size)
      file.add(number)
    }
    readShard(path, { label: spec.label, add, faults, left, endings, members })
  }
  if (faults.count > 0) throw sourceErrors('ARC6294', { root, count: faults.count, faults: faults.shown() })
  const index = { offsets: offsets.values(), lengths: lengths.values(), file: file.values(), leftOut: left.list() }
  if (index.offsets.length === 0) {
    const seen =
      endings.size === 0
        ? 'no files'
        : `members ending in ${[...endings]
            .slice(0, 8)
            .map((name) => `.${name}`)
            .join(', ')}`
    throw sourceErrors('ARC6297', { root, label: spec.label ?? '', seen })
  }
  return { ...index, ...classes.finish(root) }
}

interface Reading {
  readonly label: string | undefined
  readonly add: (picture: TarMember, label: string) => void
  readonly faults: FaultLog
  readonly left: Omissions
  /** The endings of all members, for the message if nothing fits. */
  readonly endings: Set<string>
  readonly members: ScanCount
}

function readShard(path: string, reading: Reading): void {
  const { faults, left } = reading
  const tar = openTar(path)
  // What has been found of a sample that is not complete yet.
  const pictures = new Map<string, TarMember>()
  const labels = new Map<string, string>()
  let complete: string | undefined
  try {
    for (let member = tar.next(); member !== undefined; member = tar.next()) {
      reading.members.add()
      const name = splitName(member.name)
      if (name === undefined) continue
      if (member.kind !== 'file') {
        if (member.kind !== 'folder' && isPictureName(member.name))
          left.add(`pictures stored as a ${member.kind}`, member.name)
        continue
      }
      const { key, ending } = name
      if (reading.endings.size < 64) reading.endings.add(ending)
      if (isPictureName(member.name)) {
        if (pictures.has(key) || key === complete) {
          faults.add(`${path} has several pictures with the key ${key}, such as ${member.name}`)
        } else if (member.size === 0) faults.add(`${path}, ${member.name}: the picture has no bytes`)
        else if (member.size > MOST_PICTURE_BYTES)
          faults.add(`${path}, ${member.name}: a picture of ${member.size} bytes`)
        else pictures.set(key, member)
      } else if (key !== complete && !labels.has(key)) {
        const label = labelIn(tar, member, ending, reading, path)
        if (label !== undefined) labels.set(key, label)
      }
      const [picture, label] = [pictures.get(key), labels.get(key)]
      if (picture === undefined || label === undefined) continue
      reading.add(picture, label)
      pictures.delete(key)
      labels.delete(key)
      complete = key
    }
  } catch (error) {
    if (!(error instanceof TarFault)) throw error
    faults.add(`${path}: ${error.message}`)
  } finally {
    tar.close()
  }
  for (const { name } of pictures.values()) left.add('pictures without a label', name)
  for (const key of labels.keys()) left.add('labels without a picture', key)
}

/** The label in a member, if it has one; what is wrong with it is added to the faults. */
function labelIn(
  tar: TarArchive,
  member: TarMember,
  ending: string,
  reading: Reading,
  path: string,
): string | undefined {
  const isJson = ending === 'json'
  if (ending !== (reading.label ?? 'cls') && !isJson) return undefined
  const wrong = (reason: string): undefined => {
    reading.faults.add(`${path}, ${member.name}: ${reason}`)
    return undefined
  }
  if (member.size > MOST_LABEL_BYTES) return wrong(`a label of ${member.size} bytes`)
  const text = Buffer.from(tar.data(member)).toString('utf8').trim()
  if (!isJson) return text
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return wrong('it is not JSON')
  }
  const key = reading.label ?? 'label'
  const label =
    typeof value === 'object' && value !== null ? Object.entries(value).find(([name]) => name === key)?.[1] : undefined
  if (label === undefined || label === null) return undefined
  if (typeof label === 'number' || typeof label === 'string') return String(label)
  return wrong(`"${key}" is neither a number nor a text`)
}

/** `dir/0001.left.jpg` → key `dir/0001`, ending `left.jpg`; hidden files and WebDataset's own (`__name__`) are no samples. */
function splitName(name: string): { key: string; ending: string } | undefined {
  const slash = name.lastIndexOf('/')
  const base = name.slice(slash + 1)
  const dot = base.indexOf('.')
  if (dot <= 0 || /^__.*__/.test(base)) return undefined
  return { key: name.slice(0, slash + 1 + dot).replace(/^\.\//, ''), ending: base.slice(dot + 1).toLowerCase() }
}
