/** The weights of a network for the files of other programs. */
import { elementCount } from '../../compiler/ir/dtype.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { NetworkWeights } from '../network/open-network.ts'
import { startErrors } from '../start/messages.ts'

export interface ExportedWeights {
  /** In the order of the network, with shapes in the dim order of files. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  readonly weights: Pick<NetworkWeights, 'path' | 'tensors'>
}

/** Elements that are read at once. */
const pieceElements = 2 ** 20

/** The numbers of a tensor, in pieces of whole rows. Throws ARC6770 if one is not finite, and errors of the file. */
export async function* tensorPieces(
  { weights, shapes }: ExportedWeights,
  name: string,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const tensor = need(weights.tensors.tensors.get(name), name)
  const shape = need(shapes.get(name), name)
  const rows = shape[0] ?? 1
  const step = Math.max(1, Math.floor(pieceElements / Math.max(1, elementCount(shape.slice(1)))))
  for (let row = 0; row < rows; row += step) {
    const piece = await tensor.rows(row, Math.min(step, rows - row))
    if (!piece.every(Number.isFinite)) throw startErrors('ARC6770', { file: weights.path, tensors: [name] })
    yield piece
  }
}
