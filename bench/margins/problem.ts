/**
 * The problem on which margins are compared with their authors' code (`README.md`): its embeddings, centers and labels, which
 * figures.py writes in the same way.
 *
 * Legend: B rows, D numbers of an embedding, C classes, S centers of a class.
 */
import { need } from '../../grammar/diagnostic.ts'
import { values } from '../golden-values.ts'

export const problem = { rows: 12, width: 8, classes: 22, steps: 20, lr: 0.1, rate: 0.5, seed: 2048 } as const

const { rows, width, classes } = problem

export const labels: readonly number[] = Array.from({ length: rows }, (_, i) => (7 * Math.floor(i / 2) + 3) % classes)

/** Pictures of each class, for margins that read them. */
export const pictures: readonly number[] = Array.from({ length: classes }, (_, c) => 3 + ((11 * c) % 37))

/** f32 [C, S·D] */
export function centers(perClass: number): Float32Array<ArrayBuffer> {
  return values('centers', classes * perClass * width)
}

/** f32 [B,D]: some near their center and some far from it, some short and some long. */
export function embeddings(): Float32Array<ArrayBuffer> {
  const own = centers(1)
  return values('embeddings', rows * width).map((noise, at) => {
    const [row, column] = [Math.floor(at / width), at % width]
    const center = need(own[need(labels[row], 'a label') * width + column], 'a center')
    return Math.fround((3 + 6 * row) * (noise + ((row % 4) - 0.5) * center))
  })
}
