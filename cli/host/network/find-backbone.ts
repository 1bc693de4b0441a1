/**
 * Which backbone a file of weights belongs to: the one that the command line names, that of the run or the experiment, or the
 * one of the standard library whose tensors it has.
 */
import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Backbone } from '../../../compiler/experiment/experiment.ts'
import type { Host } from '../../../compiler/host/host.ts'
import { sameShape } from '../../../compiler/ir/dtype.ts'
import { type Diagnostic, need } from '../../../grammar/diagnostic.ts'
import { nearest } from '../../../grammar/suggest.ts'
import type { TensorDictionary } from '../../../runtime/start/weights-file.ts'
import { openWeightsSource } from '../../../runtime/start/weights-source.ts'
import { type Elaborated, elaborate, elaborateBackbone } from '../carrier.ts'
import { entryOf, openEntry } from '../entry.ts'
import { readRunRecord, runRecordName, shownFile } from '../run-record.ts'
import { networkErrors } from './messages.ts'

/** What names a network on the command line. */
export interface NetworkSource {
  /** The folder of a run, a checkpoint, or a file of weights. */
  readonly path: string
  /** An expression: `r50(embedding: 256)`. */
  readonly backbone: string | undefined
  /** An `.arc` file whose experiment declares the backbone: `FILE`, or `FILE#NAME`. */
  readonly experiment: string | undefined
}

export interface FoundBackbone {
  /** `undefined` after errors. */
  readonly backbone: Backbone | undefined
  readonly diagnostics: readonly Diagnostic[]
  /** The folder of the run that the weights are of; `undefined` for other weights. */
  readonly run: string | undefined
}

/** The folder of the run that a path is or is in, at most two levels deep: `runs/a/checkpoints/step-000100`. */
export function runFolderOf(path: string): string | undefined {
  const own = resolve(path)
  return [own, dirname(own), dirname(dirname(own))].find((folder) => existsSync(join(folder, runRecordName)))
}

/** Throws ARC6615 to ARC6617, ARC6706 for a damaged record of a run, and errors of damaged weights. */
export async function findBackbone(source: NetworkSource, host: Host): Promise<FoundBackbone> {
  const { path, backbone: named, experiment } = source
  requireNetwork(path)
  const run = runFolderOf(path)
  if (named !== undefined) return { ...fromCarrier(named, host), run }
  if (experiment !== undefined || run !== undefined) {
    const found = declaredExperiment(source, host)
    return { backbone: found.experiment?.backbone, diagnostics: found.diagnostics, run }
  }
  return { backbone: await recognize(path, host), diagnostics: [], run }
}

/** Throws ARC6615 if there is nothing at the path of a network. */
export function requireNetwork(path: string): void {
  if (!existsSync(path)) throw missing(path)
}

function missing(path: string) {
  let names: readonly string[] = []
  try {
    names = readdirSync(dirname(path)).sort()
  } catch {
    // The folder is missing, too.
  }
  const name = nearest(basename(path), names)
  return networkErrors('ARC6615', { path, near: name === undefined ? '' : join(dirname(path), name) })
}

function fromCarrier(expression: string, host: Host) {
  const { experiment, diagnostics } = elaborateBackbone(expression, host)
  return { backbone: experiment?.backbone, diagnostics }
}

/**
 * The experiment that the command line names, or else that of the run: from the copy in its folder, because the file may have been edited
 * since. Throws ARC6617 and ARC6706.
 */
export function declaredExperiment({ path, experiment }: Omit<NetworkSource, 'backbone'>, host: Host): Elaborated {
  if (experiment !== undefined) {
    const named = entryOf(experiment)
    return elaborate(openEntry(host, named.file), named.experiment, [], host)
  }
  const folder = need(runFolderOf(path), 'the folder of a run')
  const record = readRunRecord(folder)
  const copy = host.readSource(join(folder, basename(record.file)))
  if (copy === undefined) throw networkErrors('ARC6617', { file: record.file, folder })
  // Modules that it uses are found from where it was.
  return elaborate({ path: shownFile(record.file), text: copy.text }, record.experiment, record.set, host)
}

/** `let r50 = …` of the standard library. */
const declared = /^let (\w+) = /gm

/** The networks of the library's modules that declare backbones, `backbones` first. */
function libraryNetworks(host: Host): readonly string[] {
  const isFirst = (name: string) => (name === 'backbones' ? 0 : 1)
  return host.stdlibNames
    .toSorted((a, b) => isFirst(a) - isFirst(b))
    .map((name) => host.readStdlib(name)?.text ?? '')
    .filter((text) => /^backbone /m.test(text))
    .flatMap((text) => [...text.matchAll(declared)].map(([, name = '']) => name))
}

/** The backbone of the standard library whose tensors the file has, with any width of the embedding. */
async function recognize(path: string, host: Host): Promise<Backbone> {
  const { file, close } = await openWeightsSource(path, false)
  try {
    for (const name of libraryNetworks(host)) {
      const { backbone } = fromCarrier(name, host)
      if (backbone === undefined) continue
      for (const dictionary of file.dictionaries) {
        if (fits(backbone, dictionary)) return backbone
        const width = embeddingOf(backbone, dictionary)
        if (width === undefined || width === backbone.embedding) continue
        const other = fromCarrier(`${name}(embedding: ${width})`, host).backbone
        if (other !== undefined && fits(other, dictionary)) return other
      }
    }
    throw networkErrors('ARC6616', { path })
  } finally {
    await close()
  }
}

/** What may precede the names of a network in a dictionary: `module.`, or nothing. */
function prefixesIn({ tensors }: TensorDictionary, path: string): readonly string[] {
  return [...tensors.keys()].flatMap((name) =>
    name === path || name.endsWith(`.${path}`) ? [name.slice(0, name.length - path.length)] : [],
  )
}

/** Whether a dictionary has a tensor of the right size for every parameter of a backbone. */
function fits({ parameters }: Backbone, dictionary: TensorDictionary): boolean {
  const [first] = parameters
  if (first === undefined || dictionary.tensors.size < parameters.length) return false
  return prefixesIn(dictionary, first.path).some((prefix) =>
    parameters.every(({ path, shape }) => {
      const found = dictionary.tensors.get(prefix + path)
      return found !== undefined && sameShape(found.shape.toSorted(byNumber), shape.toSorted(byNumber))
    }),
  )
}

/** The width of the embedding in a file: the length of the last vector of the backbone, a normalization of the embedding. */
function embeddingOf({ parameters }: Backbone, dictionary: TensorDictionary): number | undefined {
  const last = parameters.at(-1)
  if (last?.shape.length !== 1) return undefined
  const [prefix] = prefixesIn(dictionary, last.path)
  return prefix === undefined ? undefined : dictionary.tensors.get(prefix + last.path)?.shape[0]
}

const byNumber = (a: number, b: number) => a - b
