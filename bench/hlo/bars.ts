/** The bounds for the steps, compiled for an H100 with 128 images in 16 bits on each of eight devices. */

import type { Verdict } from '../verdict.ts'
import { ofGradients } from './all-reduces.ts'
import { isSmall, type Summary, totalBytes, totalRuns } from './summary.ts'

export interface Bars {
  /** Bytes of elementwise kernels and sums over activations. */
  readonly elementwise: number
  /** Kernels that touch less than a megabyte; no bound if it is missing. */
  readonly small?: number
}

export function judge(name: string, bars: Bars, { kernels, allReduces }: Summary): readonly Verdict[] {
  const elementwise = totalBytes(kernels.filter(({ group }) => group === 'activation'))
  const small = totalRuns(kernels.filter(isSmall))
  const turned = totalRuns(
    kernels.filter(({ filterMove }) => filterMove === 'transpose' || filterMove === 'conversion'),
  )
  const gradients = allReduces.filter(ofGradients)
  const blocking = gradients.filter(({ between }) => between === undefined || between === 0)
  return [
    {
      what: `${name}: element-wise kernels move at most ${gigabytes(bars.elementwise)}`,
      found: gigabytes(elementwise),
      ok: elementwise <= bars.elementwise,
    },
    ...(bars.small === undefined
      ? []
      : [{ what: `${name}: at most ${bars.small} small kernels`, found: String(small), ok: small <= bars.small }]),
    {
      what: `${name}: filters are transposed or converted only to 16 bits`,
      found: `${turned} other kernels`,
      ok: turned === 0,
    },
    {
      what: `${name}: sums of gradients overlap with other kernels`,
      found: `${gradients.length - blocking.length} of ${gradients.length}`,
      ok: gradients.length > 0 && blocking.length === 0,
    },
  ]
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
