/** arcc's own kernels for an engine: found or built, known to the plugin, and what is said where a program does without them. */
import type { Graph } from '../../../compiler/ir/graph.ts'
import type { OpKind } from '../../../compiler/ir/op.ts'
import { convKinds } from '../../../compiler/ir/op-family.ts'
import type { FetchProgress } from '../../plugins/fetch-wheel.ts'
import type { PjrtLibrary } from '../pjrt/library.ts'
import { type FoundKernels, locateKernels, nativeEnabled, registerKernels } from './locate-kernels.ts'
import { noteFound } from './refusals.ts'

/** The kernels, known to the plugin; or why programs use XLA's own ops. */
export async function loadKernels(plugin: PjrtLibrary, onProgress: FetchProgress): Promise<FoundKernels> {
  const found = await usableKernels(plugin, onProgress)
  if (nativeEnabled()) noteFound(plugin.path, found.found, process.env)
  return found
}

async function usableKernels(plugin: PjrtLibrary, onProgress: FetchProgress): Promise<FoundKernels> {
  const kernels = await locateKernels(onProgress)
  if (!kernels.found) return kernels
  const refusal = registerKernels(plugin, kernels.library)
  return refusal === undefined ? kernels : { found: false, reason: refusal }
}

const products: ReadonlySet<OpKind> = new Set([...convKinds, 'dot_general'])

function multipliesBf16(graph: Graph): boolean {
  return graph.ops.some(
    (op) => (products.has(op.kind) && op.operands[0]?.type.dtype === 'bf16') || op.regions.some(multipliesBf16),
  )
}

/** What to tell of a graph whose products of bf16 are computed in f32; `undefined` if there are none. */
export function wideningNote(graph: Graph, kernels: FoundKernels): string | undefined {
  if ((kernels.found && kernels.kernels.bf16) || !multipliesBf16(graph)) return undefined
  const reason = kernels.found ? 'the processor does not multiply bf16' : kernels.reason
  return `products of bf16 are computed in f32, at the speed of f32: ${reason}`
}
