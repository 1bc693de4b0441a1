/** Errors in lists, tar shards, parquet files and mixes of data sets: ARC629x and ARC621x. Every message names the file. */
import type { Params } from '../../../grammar/diagnostic.ts'
import { ArccError, type ErrorMessage, errorsOf } from '../../errors.ts'

function message<P extends Params>(text: (params: P) => string, hint?: (params: P) => string): ErrorMessage<P> {
  return hint === undefined ? { text } : { text, hint }
}

type File = { readonly file: string }

const count = (n: number, one: string, more = `${one}s`) => `${n} ${n === 1 ? one : more}`

export const sourceErrors = errorsOf({
  ARC6290: message<File & { count: number; lines: string }>(
    (p) => `${count(p.count, 'line')} of ${p.file} ${p.count === 1 ? 'is' : 'are'} malformed: ${p.lines}`,
    () => 'each line needs a path and a label; `labels: names` takes labels of any kind as names',
  ),
  ARC6291: message<File & { encoding: string }>(
    (p) => `${p.file} is not a list in UTF-8: it is ${p.encoding}`,
    () => 'save it as UTF-8 text (in a spreadsheet: "CSV UTF-8")',
  ),
  ARC6292: message<File & { reason: string }>(
    (p) => `${p.file} cannot be read as a list: ${p.reason}`,
    () =>
      'expected: one picture a line, `path,label` with comma, tab, semicolon or space; name the columns with a first line, or with `image:` and `label:`',
  ),
  ARC6293: message<File & { smallest: number; largest: number; missing: number }>(
    (p) =>
      `the labels of ${p.file} are numbers from ${p.smallest} to ${p.largest}, but none is ${p.missing}: they must be 0 … classes - 1`,
    (p) =>
      `${p.smallest === 1 && p.missing === 0 ? 'the labels begin at 1: subtract 1, or ' : ''}set \`labels: names\`, which numbers the labels that occur in their order`,
  ),
  ARC6294: message<{ root: string; count: number; faults: string }>(
    (p) => `${count(p.count, 'fault')} in the shards of ${p.root}: ${p.faults}`,
    () => 'copy damaged shards again, or leave them out with a pattern such as `train-00*.tar`',
  ),
  ARC6295: message<{
    root: string
    ending: string
    found: number
    packed: number
    splits: readonly string[]
    seen: readonly string[]
  }>(
    (p) => {
      if (p.packed > 0) return `${p.root} has ${count(p.packed, 'compressed file')}: ${p.seen.join(', ')}`
      if (p.found > 0) return `${p.root} has files of several splits: ${p.splits.join(', ')}`
      const seen = p.seen.length === 0 ? '' : `: it has ${p.seen.join(', ')}`
      return `no ${p.ending} files in ${p.root}${seen}`
    },
    (p) =>
      p.packed > 0
        ? 'unpack them (`gunzip FILE.gz`), since their pictures are read in any order'
        : `\`root\` names a file, a folder of files, or a pattern: "…/train-*${p.ending}"`,
  ),
  ARC6296: message<{ root: string; reason: string }>(
    (p) => `the pattern of files ${p.root} cannot be used: ${p.reason}`,
    () =>
      'patterns have ranges {000..099} and choices {a,b} anywhere (in a `.arc` file, write `\\{` and `\\}`), and stars in the name of the files',
  ),
  ARC6297: message<{ root: string; label: string; seen: string }>(
    (p) => `no picture in the shards of ${p.root} has a label: they have ${p.seen}`,
    (p) =>
      `expected: for each 0001.jpg a ${p.label === '' ? '0001.cls, or 0001.json with "label"' : `0001.${p.label}, or 0001.json with "${p.label}"`}; \`label:\` names the ending or the key`,
  ),
  ARC6298: message<File & { at: number; length: number; end: number }>(
    (p) => `${p.file} has become shorter: ${p.length} bytes from byte ${p.at} are needed, it ends at ${p.end}`,
    () => 'it was changed after arcc listed its pictures; copy it again and start anew',
  ),
  ARC6299: message<File & { root: string; missing: number; checked: number; examples: readonly string[]; fix: string }>(
    (p) =>
      `${count(p.missing, 'picture')} of ${p.file} ${p.missing === 1 ? 'is' : 'are'} not in ${p.root} (${p.checked} were looked for): ${p.examples.join(', ')}`,
    (p) => (p.fix === '' ? '`root:` names the folder from which the paths of the list start' : p.fix),
  ),
  ARC6419: message<File>(
    (p) => `${p.file} has changed since arcc read it`,
    () => 'its pictures may be others now: start anew',
  ),
  ARC6214: message<{ set: string }>(
    (p) => `the classes of ${p.set} have no names, by which they could be joined with others`,
    () => 'leave `classes: by_name` out, or give the set names: `labels: names` takes its labels as names',
  ),
  ARC6216: message<{ name: string; declared: string; found: string }>(
    (p) => `${p.declared} are declared for \`${p.name}\`, but it has ${p.found}`,
  ),
  ARC6215: message<{ set: string; images: number }>(
    (p) => `the mix ${p.set} has ${p.images} pictures, more than 4,294,967,295`,
  ),
  ARC6210: message<File & { reason: string }>(
    (p) => `the parquet file ${p.file} is damaged: ${p.reason}`,
    () => 'copy or download it again',
  ),
  ARC6211: message<File & { what: string }>(
    (p) => `the parquet file ${p.file} cannot be read: ${p.what}`,
    () =>
      'write it again with compression="snappy" and without encryption, as pyarrow and Hugging Face datasets do by default',
  ),
  ARC6212: message<File & { row: number }>(
    (p) => `row ${p.row} of ${p.file} has no picture`,
    () => 'embed the pictures in the file, or drop rows without one',
  ),
  ARC6213: message<{ root: string; count: number; faults: string }>(
    (p) => `${count(p.count, 'fault')} in the parquet files of ${p.root}: ${p.faults}`,
    () => '`image:` and `label:` name the columns; `labels: names` takes labels of any kind as names',
  ),
})

/** Whether an error is not one picture's own: the list has changed, so that any picture may be another one than its label says. */
export function isChangedList(error: unknown): boolean {
  return error instanceof ArccError && error.code === 'ARC6419'
}

/** Collects all faults of an input, of which the first few are shown. */
export interface FaultLog {
  readonly count: number
  add(text: string): void
  /** The first faults, and how many more there are. */
  shown(): string
}

const mostShown = 10

export function faultLog(): FaultLog {
  const first: string[] = []
  let count = 0
  return {
    get count() {
      return count
    },
    add(text) {
      count += 1
      if (first.length < mostShown) first.push(text)
    },
    shown() {
      const rest = count - first.length
      return first.join('; ') + (rest > 0 ? `; and ${rest} more` : '')
    },
  }
}
