/** The rows of the comparison as experiments of arcc, and the arithmetic of their steps. */
import { fileHost } from '../../cli/host/host.ts'
import { packageFolder } from '../../cli/host/package-folder.ts'
import { compileExperiment } from '../../compiler/driver.ts'
import { graphCost } from '../../compiler/ir/cost.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { embedding, headBatch, networkClasses, type Row } from './rows.ts'

/** The head takes pixels as embeddings; its one layer makes it compute their gradient. */
const headNetwork = `
backbone vectors on Image(16, 32, 1) -> Vector(${embedding}) { input |> flatten |> batch_norm }
`

/** Learning rate, momentum, decay and clip are those of `torch_train.py`. */
function experimentText(row: Row): string {
  const network = row.kind === 'network'
  const classes = network ? networkClasses : row.classes
  const [rate, update] = network ? [1, 'sparse'] : [row.rate, row.update]
  return `
${network ? `use std.backbones: ${row.network}` : ''}
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface
${network ? '' : headNetwork}
experiment compared {
  dataset  = synthetic(identities: ${classes}, per_identity: 10)
  backbone = ${network ? row.network : 'vectors'}
  margin   = cosface(m: 0.4, scale: 64)
  machine  = cpu(devices: 1, memory: 32 GiB)
  centers { sample_rate = ${rate * 100}%, update = ${update} }
  train {
    batch     = ${network ? row.batch : headBatch} per device
    steps     = 1000
    precision = ${network ? row.precision : 'f32'}
    optimizer = sgd(lr: 0.02, momentum: 0.9, weight_decay: 5e-4)
    clip      = 5
  }
}
`
}

/** Throws if arcc refuses the experiment. */
export function planRow(row: Row): Plan {
  const host = { ...fileHost(packageFolder), countDataset: () => undefined }
  const { plan, diagnostics } = compileExperiment({ entry: { path: 'compared.arc', text: experimentText(row) } }, host)
  return need(plan, `a plan: ${diagnostics.map(({ code, message }) => `${code} ${message}`).join('; ')}`)
}

/** Operations of the convolutions and matrix products of one step; a multiply-add counts as two. */
export interface StepFlops {
  /** In arcc's step. It computes the logits twice where they are too many to keep. */
  readonly arcc: number
  /** In PyTorch's step, which computes every product once. */
  readonly torch: number
}

export function stepFlops(row: Row, { graphs }: Plan): StepFlops {
  const { conv, matmul } = graphCost(graphs.step).byClass
  const arcc = conv.flops + matmul.flops
  if (row.kind === 'network') return { arcc, torch: arcc }
  // The logits, and the gradients of the embeddings and of the centers.
  return { arcc, torch: 3 * 2 * headBatch * embedding * row.classes * row.rate }
}
