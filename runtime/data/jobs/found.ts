/** What can be wrong with one picture. */

/**
 * `unreadable`: its bytes cannot be read; `damaged`: they do not decode; `tiny` and `huge`: its size is outside what face
 * recognition uses; `blank`: all pixels are equal; `label`: its class is missing or out of range.
 */
export const faultKinds = ['unreadable', 'damaged', 'label', 'blank', 'tiny', 'huge'] as const
export type FaultKind = (typeof faultKinds)[number]

/** One fault of one picture. */
export interface Fault {
  readonly kind: FaultKind
  readonly image: number
  /** Where the picture lies. */
  readonly name: string
  /** A sentence, without the name. */
  readonly reason: string
}

/** The shorter side below which a picture is `tiny`, and the longer side above which it is `huge`, in pixels. */
export const TINY_SIDE = 24
export const HUGE_SIDE = 4096
