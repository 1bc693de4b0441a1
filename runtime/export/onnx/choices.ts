/** What an export can be. */

/** Versions of the operator set that exports can have. */
export const opsets = [17, 18, 19, 20, 21] as const

/** Where bytes become numbers in [-1, 1]: `outside`, the input has these; `inside`, the input is bytes as floats. */
export type Preprocess = 'outside' | 'inside'

/** The element type of weights and convolutions. */
export type ModelType = 'f32' | 'f16'
