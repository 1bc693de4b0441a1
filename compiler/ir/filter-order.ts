/**
 * The two dim orders of a filter: [kh,kw,I,O] in network code, and [O,kh,kw,I] as stored on GPUs. Each is a permutation for
 * `transpose`.
 */
export const toOhwi = [3, 0, 1, 2] as const
export const fromOhwi = [1, 2, 3, 0] as const
