/** Writes weights as arcface_torch saves them: `torch.save(backbone.state_dict(), …)`. */
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { elementCount } from '../../compiler/ir/dtype.ts'
import { ArccError } from '../errors.ts'
import { tensorFileErrors } from '../safetensors-header.ts'
import { syncFolder } from '../sync-folder.ts'
import { reasonOf } from '../system-errors.ts'
import { type ExportedWeights, tensorPieces } from './exported-weights.ts'
import { fitsArchive, fixedMember, type Member, writeArchive } from './torch-archive.ts'
import { type StoredTensor, stateDictPickle } from './torch-pickle.ts'

/** What PyTorch counts for each normalization with running statistics, after them, and arcc does not. */
const counterOf = (name: string) =>
  name.endsWith('.running_var') ? `${name.slice(0, -'running_var'.length)}num_batches_tracked` : undefined

const elementBytes: { readonly [T in StoredTensor['type']]: number } = { f32: 4, i64: 8 }

function membersOf(exported: ExportedWeights, root: string): Member[] {
  const tensors: StoredTensor[] = []
  const data: Member[] = []
  const add = (name: string, shape: readonly number[], type: StoredTensor['type'], pieces: Member['pieces']) => {
    const key = String(tensors.length)
    tensors.push({ name, key, type, shape })
    data.push({ name: `${root}/data/${key}`, bytes: elementCount(shape) * elementBytes[type], pieces })
  }
  for (const [name, shape] of exported.shapes) {
    add(name, shape, 'f32', async function* () {
      for await (const piece of tensorPieces(exported, name)) {
        yield new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
      }
    })
    const counter = counterOf(name)
    if (counter !== undefined) add(counter, [], 'i64', fixedMember('', new Uint8Array(elementBytes.i64)).pieces)
  }
  return [
    fixedMember(`${root}/data.pkl`, stateDictPickle(tensors)),
    fixedMember(`${root}/byteorder`, Buffer.from('little')),
    ...data,
    fixedMember(`${root}/version`, Buffer.from('3\n')),
  ]
}

/** The name of the archive's folder: PyTorch takes that of the file. */
function rootOf(file: string): string {
  const name = basename(file).replace(/\.[^.]*$/, '')
  return /^[\w.-]{1,100}$/.test(name) ? name : 'archive'
}

/**
 * Writes a file that is either complete or absent, and returns its size. Tensors are f32 and have the names of arcface_torch's
 * modules; counters of batches are 0. Throws ARC6404 if it cannot be written, ARC6770 if a weight is not finite.
 */
export async function writeTorchStateDict(file: string, exported: ExportedWeights): Promise<number> {
  const failed = (reason: string, error?: unknown) =>
    tensorFileErrors('ARC6404', { file, action: 'written', reason }, error)
  const members = membersOf(exported, rootOf(file))
  if (!fitsArchive(members)) throw failed('an archive has at most 4 GiB; export safetensors instead')
  const aside = `${file}.partial`
  try {
    const handle = await open(aside, 'w')
    let bytes = 0
    try {
      bytes = await writeArchive(handle, members)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(aside, file)
    await syncFolder(dirname(file))
    return bytes
  } catch (error) {
    // The error that is reported is the first one.
    await rm(aside, { force: true }).catch(() => undefined)
    throw error instanceof ArccError ? error : failed(reasonOf(error), error)
  }
}
