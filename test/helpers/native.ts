/** Tests of arcc's own kernels: skipped, with the reason, where they cannot be had. */
import { describe } from 'vitest'
import { locateKernels } from '../../runtime/xla/native/locate-kernels.ts'
import { describeOnXla } from './xla.ts'

const kernels = await locateKernels(() => {})

export const describeNative = kernels.found
  ? describeOnXla
  : (name: string, body: () => void) => describe.skip(`${name} (skipped: ${kernels.reason})`, body)
