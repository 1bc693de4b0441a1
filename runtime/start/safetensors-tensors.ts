/** The tensors of a safetensors file, read by rows. */
import { headerLength } from '../safetensors.ts'
import { parseHeader, type TensorEntry } from '../safetensors-header.ts'
import type { ByteFile } from './byte-file.ts'
import { type ElementType, elementBytes } from './element-types.ts'
import { type FileTensor, storedTensor } from './file-tensor.ts'

/** `BF16` → `bf16`; the format's two 8-bit floats are one type here, which no weights have. */
function typeOf(formatName: string): ElementType {
  const name = formatName.toLowerCase()
  const known = Object.keys(elementBytes).find((type): type is ElementType => type === name)
  return known ?? 'f8'
}

/** Throws ARC6401 if the file is invalid. */
export async function safetensorsTensors(file: ByteFile): Promise<ReadonlyMap<string, FileTensor>> {
  const length = headerLength(await file.read(0, Math.min(8, file.size)), file.size, file.path)
  const dataAt = 8 + length
  const json = new TextDecoder().decode(await file.read(8, length))
  const { tensors } = parseHeader(json, file.size - dataAt, file.path)
  return new Map([...tensors].map(([name, entry]) => [name, tensorOf(file, entry, dataAt)]))
}

function tensorOf(file: ByteFile, { formatName, shape, start }: TensorEntry, dataAt: number): FileTensor {
  const strides = shape.map((_, dim) => shape.slice(dim + 1).reduce((product, size) => product * size, 1))
  const storage = { read: (at: number, length: number) => file.read(dataAt + start + at, length) }
  return storedTensor(storage, typeOf(formatName), { offset: 0, shape, strides })
}
