/**
 * The two orders of a filter's dims: [kh,kw,I,O], in which networks are written, and [O,kh,kw,I], in which GPUs store them. Each is a
 * permutation as `transpose` takes it.
 */
export const toOhwi = [3, 0, 1, 2] as const
export const fromOhwi = [1, 2, 3, 0] as const
