/** Members that values have without a declaration: `x.channels`, `network.parameters`, `list.length`. The checker, the evaluator and the docs read these tables. */
import { int, listOf, type TensorForm, type Type } from '../types/type.ts'

interface TensorMember {
  readonly type: Type
  /** The forms that have it. A tensor of unknown form may have it. */
  readonly forms: readonly Exclude<TensorForm, 'Tensor'>[]
  readonly doc: string
}

const every = ['Image', 'Tokens', 'Vector'] as const

/** Sizes of tensors: images [N,H,W,C], tokens [N,T,C], vectors [N,D]. */
export const tensorMembers = {
  height: { type: int, forms: ['Image'], doc: 'H, the rows of an image.' },
  width: { type: int, forms: ['Image'], doc: 'W, the columns of an image.' },
  tokens: { type: int, forms: ['Tokens'], doc: 'T, the number of tokens.' },
  channels: { type: int, forms: ['Image', 'Tokens'], doc: 'C, the size of the last dim.' },
  features: { type: int, forms: ['Tokens', 'Vector'], doc: 'The size of the last dim: D of vectors, C of tokens.' },
  batch: { type: int, forms: every, doc: 'N, the number of images of the device.' },
  rank: { type: int, forms: every, doc: 'The number of dims, N included.' },
  shape: { type: listOf(int), forms: every, doc: 'All sizes, N first.' },
} as const satisfies Readonly<Record<string, TensorMember>>

/** Figures of a network without training it. Its arguments are members too. */
export const backboneFigures = {
  parameters: { type: int, doc: 'Number of weights, without the running statistics of normalizations.' },
  embedding: { type: int, doc: 'The size of the embedding.' },
  macs: { type: int, doc: 'Multiplications of one image in convolutions and matrix products.' },
} as const satisfies Readonly<Record<string, { readonly type: Type; readonly doc: string }>>

export const listMembers = {
  length: { type: int, doc: 'Number of elements.' },
} as const satisfies Readonly<Record<string, { readonly type: Type; readonly doc: string }>>

/** The members of tensors of a form; one of unknown form may be of any. */
export function sizesOf(form: TensorForm): readonly (readonly [string, Type])[] {
  const members: Readonly<Record<string, TensorMember>> = tensorMembers
  return Object.entries(members)
    .filter(([, { forms }]) => forms.some((known) => form === 'Tensor' || known === form))
    .map(([name, { type }]) => [name, type])
}
