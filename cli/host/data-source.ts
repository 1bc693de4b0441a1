/** The data set that a command names: a path, a data set expression, or that of an experiment. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { compileExperiment } from '../../compiler/driver.ts'
import type { AugmentSpec } from '../../compiler/experiment/augmentation.ts'
import type { Host } from '../../compiler/host/host.ts'
import type { Diagnostic } from '../../grammar/diagnostic.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { nearest } from '../../grammar/suggest.ts'
import type { DataSpec } from '../../runtime/data/data-format.ts'
import type { ArccError } from '../../runtime/errors.ts'
import { datasetCarrier } from './carrier.ts'
import { openEntry, overrideSources } from './entry.ts'
import { usageErrors } from './messages.ts'

export interface SourceRequest {
  /** A folder, a file of a data set, an `.arc` file, or an expression such as `folder(root: "faces")`. */
  readonly source: string
  /** The experiment, if an `.arc` file contains several. */
  readonly experiment: string | undefined
  readonly set: readonly string[]
}

export interface NamedSource {
  /** `undefined` after errors. */
  readonly spec: DataSpec | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** How the experiment changes its images; that of another source changes nothing. */
  readonly augment: AugmentSpec | undefined
}

function compile(
  request: { readonly entry: SourceFile; readonly experiment?: string | undefined; readonly set: readonly string[] },
  host: Host,
): NamedSource {
  const { entry, experiment, set } = request
  const overrides = overrideSources(set)
  const { experiment: found, diagnostics } = compileExperiment(
    { entry, experiment, overrides, until: 'elaborate' },
    host,
  )
  const failed = diagnostics.some(({ severity }) => severity === 'error')
  return { spec: failed ? undefined : found?.dataset, diagnostics, augment: found?.augment }
}

/** A data set of `std.datasets`, and its parameter for the path. */
interface Reader {
  readonly name: string
  readonly parameter: 'root' | 'file'
}

const inFolders: Reader = { name: 'folder', parameter: 'root' }

/** What reads files with these endings, alone or in a folder. */
const readers: Readonly<Record<string, Reader>> = {
  '.rec': { name: 'recordio', parameter: 'root' },
  '.tar': { name: 'webdataset', parameter: 'root' },
  '.parquet': { name: 'parquet', parameter: 'root' },
}
/** What reads a single file besides. */
const lists: Reader = { name: 'list', parameter: 'file' }
const fileReaders: Readonly<Record<string, Reader>> = {
  ...readers,
  '.lst': lists,
  '.csv': lists,
  '.tsv': lists,
  '.txt': lists,
}

/** A path as text of the language. */
function quoted(path: string): string {
  const escaped = path.replace(/[\\"{}]/g, (sign) => `\\${sign}`)
  const plain = [...escaped].map((sign) => (sign < ' ' ? `\\u{${sign.charCodeAt(0).toString(16)}}` : sign))
  return `"${plain.join('')}"`
}

const endingOf = (name: string) => extname(name).toLowerCase()

/** What reads a path: by its ending, or for a folder by those of its files. */
function recognize(path: string): Reader {
  if (!statSync(path).isDirectory()) {
    const reader = fileReaders[endingOf(path)]
    if (reader !== undefined) return reader
    throw usageErrors('ARC6605', { file: path, endings: Object.keys(fileReaders) })
  }
  for (const name of readdirSync(path).sort()) {
    const reader = readers[endingOf(name)]
    if (reader !== undefined && statSync(join(path, name), { throwIfNoEntry: false })?.isFile()) return reader
  }
  return inFolders
}

/** The error for a path that does not exist, with a similar name beside it. */
function missing(path: string): ArccError {
  let names: readonly string[] = []
  try {
    names = readdirSync(dirname(path)).sort()
  } catch {
    // The folder is missing, too.
  }
  const name = nearest(basename(path), names)
  return usageErrors('ARC6604', { path, near: name === undefined ? '' : join(dirname(path), name) })
}

/** `folder(root: "faces")`, or the bare name of a data set of the standard library, such as `ms1mv3`. */
function isDatasetExpression(source: string, host: Host): boolean {
  const [, name, call] = /^([a-z_]\w*)\s*(\(.*)?$/is.exec(source) ?? []
  if (name === undefined) return false
  return call !== undefined || host.readStdlib('datasets')?.text.includes(`\ndataset ${name}(`) === true
}

/** Throws ARC6604 to ARC6606 if the source is missing or not recognized. */
export function findSource({ source, experiment, set }: SourceRequest, host: Host): NamedSource {
  if (endingOf(source) === '.arc') return compile({ entry: openEntry(host, source), experiment, set }, host)
  if (experiment !== undefined) throw usageErrors('ARC6606', { option: '--experiment', source })
  const fields = set.filter((text) => text.startsWith('dataset.'))
  const other = set.find((text) => !text.startsWith('dataset.'))
  if (other !== undefined) throw usageErrors('ARC6606', { option: `--set ${other}`, source })
  const exists = existsSync(source)
  if (!exists && isDatasetExpression(source, host)) {
    return compile({ entry: datasetCarrier, set: [`dataset=${source}`, ...fields] }, host)
  }
  if (!exists) throw missing(source)
  const { name, parameter } = recognize(source)
  return compile({ entry: datasetCarrier, set: [`dataset=${name}(${parameter}: ${quoted(source)})`, ...fields] }, host)
}
