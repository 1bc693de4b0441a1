/**
 * A file of weights of any kind as dictionaries of tensors, which are read by rows: safetensors, and both formats of `torch.save`.
 * What a file holds is known from its first bytes, not from its name.
 */
import { Dictionary, type PickleValue } from '../pickle/pickle-values.ts'
import { type ByteFile, openBytes } from './byte-file.ts'
import { elementBytes } from './element-types.ts'
import { type FileTensor, storedTensor } from './file-tensor.ts'
import { startErrors } from './messages.ts'
import { safetensorsTensors } from './safetensors-tensors.ts'
import { isLegacyTorch, openTorchLegacy, openTorchZip, type StorageBytes, type TorchArchive } from './torch-archive.ts'
import { fitsStorage, TorchTensor } from './torch-pickle.ts'

/** A dictionary that has tensors, not those of dictionaries inside of it. */
export interface TensorDictionary {
  /** The keys that lead to it: `state_dict_backbone`; empty for the outermost. */
  readonly path: readonly string[]
  /** In the order of the file; a tensor that was saved by itself has an empty name. */
  readonly tensors: ReadonlyMap<string, FileTensor>
}

export interface WeightsFile {
  readonly path: string
  readonly kind: 'safetensors' | 'torch.save'
  readonly dictionaries: readonly TensorDictionary[]
  /** SHA-256 of the file, as hexadecimal digits. */
  sha256(): Promise<string>
  close(): Promise<void>
}

/** Opens a file of weights; the caller closes it. Throws ARC6760 to ARC6762, and ARC640x of safetensors. */
export async function openWeightsFile(path: string): Promise<WeightsFile> {
  const file = await openBytes(path)
  try {
    const head = await file.read(0, Math.min(64, file.size))
    if (head[0] === 0x50 && head[1] === 0x4b) return ofArchive(file, await openTorchZip(file))
    if (isLegacyTorch(head)) return ofArchive(file, await openTorchLegacy(file))
    // The header of safetensors begins after its length, of 8 bytes.
    if (head[8] === 0x7b) return await ofSafetensors(file)
    const reason = file.size === 0 ? 'it is empty' : 'it is neither safetensors nor a file of torch.save'
    throw startErrors('ARC6760', { file: path, reason })
  } catch (error) {
    await file.close()
    throw error
  }
}

async function ofSafetensors(file: ByteFile): Promise<WeightsFile> {
  const { path, sha256, close } = file
  const tensors = await safetensorsTensors(file)
  return { path, kind: 'safetensors', dictionaries: [{ path: [], tensors }], sha256, close }
}

function ofArchive(file: ByteFile, archive: TorchArchive): WeightsFile {
  const { path, sha256 } = file
  try {
    return {
      path,
      kind: 'torch.save',
      dictionaries: dictionariesOf(archive, path),
      sha256,
      async close() {
        archive.close()
        await file.close()
      },
    }
  } catch (error) {
    archive.close()
    throw error
  }
}

/** Dictionaries deeper than this hold the state of optimizers and the like. */
const DEEPEST = 4

function dictionariesOf(archive: TorchArchive, file: string): readonly TensorDictionary[] {
  const found: TensorDictionary[] = []
  const { value } = archive
  if (value instanceof TorchTensor)
    found.push({ path: [], tensors: new Map([['', fileTensor(value, '', archive, file)]]) })
  const seen = new Set<Dictionary>()
  const visit = (dictionary: PickleValue, path: readonly string[]) => {
    if (!(dictionary instanceof Dictionary) || seen.has(dictionary) || path.length > DEEPEST) return
    seen.add(dictionary)
    const tensors = new Map<string, FileTensor>()
    for (const [key, item] of dictionary.entries) {
      if (item instanceof TorchTensor) tensors.set(String(key), fileTensor(item, String(key), archive, file))
    }
    if (tensors.size > 0) found.push({ path, tensors })
    for (const [key, item] of dictionary.entries) visit(item, [...path, String(key)])
  }
  visit(value, [])
  return found
}

/** Throws ARC6761 if the elements do not lie in the tensor's storage. */
function fileTensor(tensor: TorchTensor, name: string, archive: TorchArchive, file: string): FileTensor {
  const { storage, type, layout } = tensor
  // A tensor without elements needs no storage.
  const bytes = archive.storage(storage.key) ?? noBytes
  const within = { ...layout, offset: layout.offset + (storage.view?.offset ?? 0) }
  if (!fitsStorage(within, Math.floor(bytes.bytes / elementBytes[type])))
    throw startErrors('ARC6761', { file, reason: `the elements of tensor ${name} do not lie in its storage` })
  return storedTensor(bytes, type, within)
}

const noBytes: StorageBytes = { bytes: 0, read: async () => new Uint8Array(0) }
