/** Writes an ONNX model to a folder: one file, or a small one and a file of external data. */

import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { bug } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../errors.ts'
import type { NamedFile } from '../../named-file.ts'
import { reasonOf } from '../../system-errors.ts'
import type { ElementSource } from './elements.ts'
import { type EncodedModel, type ExternalPlace, encodeModel } from './encode-model.ts'
import { onnxErrors } from './messages.ts'
import type { OnnxModel } from './model.ts'
import { storedBytes } from './stored-tensor.ts'

/** A message of protocol buffers has less than 2 GiB; readers may need some of it for themselves. */
const mostBytes = 2 ** 31 - 2 ** 26

/** External data are read by mapping pages. */
const alignment = 4096
/** Smaller tensors stay in the model, where readers look for shapes. */
const leastExternal = 1024

/** Whether the weights go into a file of their own: always, never, or only beyond 2 GB. */
export type External = boolean | undefined

/**
 * Writes `name` and perhaps `name.data`, and returns them; `shown` is the path for messages. Throws ARC6809 if the model is too large
 * for one file, ARC6804 of the disk.
 */
export async function writeModel(
  folder: string,
  name: string,
  model: OnnxModel,
  elements: ElementSource,
  { external, shown }: { readonly external: External; readonly shown: string },
): Promise<readonly NamedFile[]> {
  const inside = encodeModel(model, () => undefined)
  const isExternal = external ?? inside.bytes > mostBytes
  if (!isExternal) {
    if (inside.bytes > mostBytes) throw onnxErrors('ARC6809', { bytes: `${(inside.bytes / 1e9).toFixed(1)} GB` })
    await onDisk(shown, () => writeFile(join(folder, name), (write) => writeEncoded(inside, model, elements, write)))
    return [{ name, bytes: inside.bytes }]
  }
  const location = `${name}.data`
  const { places, bytes } = layOut(model, location)
  const encoded = encodeModel(model, (tensor) => places.get(tensor))
  await onDisk(shown, () => writeFile(join(folder, name), (write) => writeEncoded(encoded, model, elements, write)))
  await onDisk(shown, () =>
    writeFile(join(folder, location), async (write) => {
      let at = 0
      for (const [tensor, { offset }] of places) {
        await write(new Uint8Array(offset - at))
        at = offset + (await writeTensor(tensor, model, elements, write))
      }
    }),
  )
  return [
    { name, bytes: encoded.bytes },
    { name: location, bytes },
  ]
}

/** Where the large tensors lie in the file of external data, in the order of the model, and the length of that file. */
function layOut({ tensors }: OnnxModel, location: string) {
  const places = new Map<string, ExternalPlace>()
  let bytes = 0
  for (const [name, tensor] of tensors) {
    const length = storedBytes(tensor)
    if (length < leastExternal) continue
    const offset = Math.ceil(bytes / alignment) * alignment
    places.set(name, { location, offset })
    bytes = offset + length
  }
  return { places, bytes }
}

type Write = (bytes: Uint8Array) => Promise<void>

async function writeEncoded({ parts }: EncodedModel, model: OnnxModel, elements: ElementSource, write: Write) {
  for (const part of parts) {
    if (typeof part === 'string') await writeTensor(part, model, elements, write)
    else await write(part)
  }
}

async function writeTensor(name: string, { tensors }: OnnxModel, elements: ElementSource, write: Write) {
  const tensor = tensors.get(name)
  if (tensor === undefined) return bug(`no tensor ${name}`)
  let bytes = 0
  for await (const piece of elements.pieces(name, tensor)) {
    await write(piece)
    bytes += piece.byteLength
  }
  if (bytes !== storedBytes(tensor)) bug(`${bytes} bytes of tensor ${name}, not ${storedBytes(tensor)}`)
  return bytes
}

/** Writes in pieces of some MiB: a model has thousands of small parts. */
const gathered = 2 ** 22

async function writeFile(path: string, body: (write: Write) => Promise<unknown>): Promise<void> {
  const handle = await open(path, 'w')
  try {
    const { write, flush } = gatheringWriter(handle)
    await body(write)
    await flush()
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function gatheringWriter(handle: FileHandle) {
  let waiting: Uint8Array[] = []
  let bytes = 0
  const flush = async () => {
    const own = Buffer.concat(waiting)
    waiting = []
    bytes = 0
    await handle.writeFile(own)
  }
  const write: Write = async (piece) => {
    waiting.push(piece)
    bytes += piece.byteLength
    if (bytes >= gathered) await flush()
  }
  return { write, flush }
}

async function onDisk(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ArccError || !isOfSystem(error)) throw error
    throw onnxErrors('ARC6804', { path, reason: reasonOf(error) }, error)
  }
}

function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}
