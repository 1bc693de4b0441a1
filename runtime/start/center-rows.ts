/**
 * Old class centers, wherever they come from: one file, or one for each rank of arcface_torch, which splits C classes over W ranks
 * as `C div W` rows each, and one more on the first `C mod W` (`partial_fc_v2.py`).
 *
 * Legend: C old classes, W ranks, D embedding width, S centers of a class.
 */
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { reasonOf } from '../data/messages.ts'
import { isFloatType } from './element-types.ts'
import type { FileTensor } from './file-tensor.ts'
import { startErrors } from './messages.ts'
import { openWeightsFile, type TensorDictionary, type WeightsFile } from './weights-file.ts'

export interface CenterRows {
  /** Where they come from, for people. */
  readonly from: string
  /** C. */
  readonly classes: number
  /** Rows `start` … `start + count - 1`, f32 [count,S·D]. */
  rows(start: number, count: number): Promise<Float32Array<ArrayBuffer>>
}

/** The number in the name of a file that arcface_torch writes for each rank: `checkpoint_gpu_0.pt`, `rank_0_softmax_weight.pt`. */
const rankPattern = /^(.*?(?:gpu|rank)[_:]?)(\d+)(\D*)$/

/** The files of all ranks, in their order; only the given one if it is not of a rank. Throws ARC6766 if one is missing. */
export async function rankFiles(path: string): Promise<readonly string[]> {
  const [, before, , after] = rankPattern.exec(basename(path)) ?? []
  if (before === undefined || after === undefined) return [path]
  const folder = dirname(path)
  const names = await readdir(folder).catch((error: unknown) => {
    throw startErrors('ARC6760', { file: path, reason: reasonOf(error) }, error)
  })
  const found = new Map<number, string>()
  for (const name of names) {
    const [, head, digits, tail] = rankPattern.exec(name) ?? []
    if (head === before && tail === after) found.set(Number(digits), join(folder, name))
  }
  // A single file may be numbered for another reason.
  if (!found.has(0) && found.size <= 1) return [path]
  const count = Math.max(...found.keys()) + 1
  const missing =
    count > 100_000 ? [] : Array.from({ length: count }, (_, rank) => rank).filter((rank) => !found.has(rank))
  if (missing.length > 0 || count > found.size) {
    const names = missing.slice(0, 20).map((rank) => `${before}${rank}${after}`)
    throw startErrors('ARC6766', { folder, reason: `of ${count} ranks, ${names.join(', ')} is missing` })
  }
  return [...found].sort(([a], [b]) => a - b).map(([, file]) => file)
}

/** Names of the one tensor of the classification layer. */
const centerNames: ReadonlySet<string> = new Set(['', 'weight', 'module.weight', 'centers'])

interface Found {
  readonly dictionary: TensorDictionary
  readonly tensor: FileTensor
}

const matrices = ({ tensors }: TensorDictionary) =>
  [...tensors].filter(([, { shape, type }]) => shape.length === 2 && isFloatType(type))

/** Tensors that can be the centers of arcface_torch (`state_dict_softmax_fc`, a file of it) or of arcc. */
function candidates(dictionaries: readonly TensorDictionary[]): readonly Found[] {
  const all = dictionaries.flatMap((dictionary) =>
    matrices(dictionary).flatMap(([name, tensor]) => (centerNames.has(name) ? [{ dictionary, tensor }] : [])),
  )
  const named = all.filter(({ dictionary }) => dictionary.path.some((key) => /softmax|fc|head|margin/.test(key)))
  return named.length > 0 ? named : all
}

/** The centers that a file of weights has besides the network: those of arcc, and those of one rank of arcface_torch. */
export function includedCenters({ dictionaries }: WeightsFile): boolean {
  return dictionaries.some(
    (dictionary) =>
      dictionary.path.at(-1) === 'state_dict_softmax_fc' || matrices(dictionary).some(([name]) => name === 'centers'),
  )
}

/** The tensor of the centers in a file. Throws ARC6765 if there is none, or more than one. */
function centersOf({ path, dictionaries }: WeightsFile): FileTensor {
  const found = candidates(dictionaries)
  const [only] = found
  if (only !== undefined && found.length === 1) return only.tensor
  const names = dictionaries.flatMap((dictionary) =>
    matrices(dictionary).map(([name, { shape }]) => `${[...dictionary.path, name].join(' / ')} (${shape.join(' × ')})`),
  )
  const which = names.length === 0 ? 'it has no matrix' : `it has ${names.slice(0, 12).join(', ')}`
  throw startErrors('ARC6765', { file: path, reason: `${found.length} of its tensors can be the centers: ${which}` })
}

/** Why centers with this many columns do not fit; `undefined` if they do. */
export function wrongColumns(
  columns: number | undefined,
  { embedding, perClass }: Pick<RunSpec, 'embedding' | 'perClass'>,
): string | undefined {
  if (columns === undefined || columns === embedding * perClass) return undefined
  const own = columns / embedding
  if (!Number.isInteger(own)) return `they have ${columns} columns, and an embedding has ${embedding}`
  return `they have ${own} ${own === 1 ? 'center' : 'centers'} of each class, and \`centers.per_class\` is ${perClass}`
}

/** Opens centers; the files are closed by the caller, who gets each. Throws ARC6760 to ARC6766. */
export async function openCenters(
  path: string,
  run: Pick<RunSpec, 'embedding' | 'perClass'>,
  opened: (file: WeightsFile) => void,
): Promise<CenterRows> {
  const width = run.embedding * run.perClass
  const parts: { readonly file: string; readonly tensor: FileTensor; readonly first: number }[] = []
  let classes = 0
  for (const file of await rankFiles(path)) {
    const weights = await openWeightsFile(file)
    opened(weights)
    const tensor = centersOf(weights)
    const [rows = 0, columns] = tensor.shape
    const reason = wrongColumns(columns, run)
    if (reason !== undefined) throw startErrors('ARC6765', { file, reason })
    parts.push({ file, tensor, first: classes })
    classes += rows
  }
  for (const [rank, { file, tensor }] of parts.entries()) {
    const due = Math.floor(classes / parts.length) + (rank < classes % parts.length ? 1 : 0)
    const [rows] = tensor.shape
    if (rows !== due) {
      const reason = `${classes} classes over ${parts.length} ranks are ${due} on rank ${rank}, but ${basename(file)} has ${rows}`
      throw startErrors('ARC6766', { folder: dirname(file), reason })
    }
  }
  return {
    from: parts.length === 1 ? path : `${path} and ${parts.length - 1} more`,
    classes,
    async rows(start, count) {
      const result = new Float32Array(count * width)
      for (const { tensor, first } of parts) {
        const from = Math.max(start, first)
        const to = Math.min(start + count, first + (tensor.shape[0] ?? 0))
        if (from < to) result.set(await tensor.rows(from - first, to - from), (from - start) * width)
      }
      return result
    },
  }
}
