/** The rows of the comparison as experiments of arcc, and the arithmetic of their steps. */
import { fileHost } from '../../cli/host/host.ts'
import { compileExperiment } from '../../compiler/driver.ts'
import { graphCost } from '../../compiler/ir/cost.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import { packageFolder } from '../../runtime/package-folder.ts'
import { type Row, taskOf } from './rows.ts'

/** The head takes pixels as embeddings. */
const headNetwork = (width: number) => `
backbone vectors on Image(1, ${width}, 1) -> Vector(${width}) { input |> flatten |> batch_norm }
`

function experimentText(row: Row): string {
  const { network, precision, batch, classes, rate, update, width, margin, scale, lr, momentum, decay, clip } =
    taskOf(row)
  return `
${network === undefined ? headNetwork(width) : `use std.backbones: ${network}`}
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

experiment compared {
  dataset  = synthetic(identities: ${classes}, per_identity: 10)
  backbone = ${network === undefined ? 'vectors' : `${network}(embedding: ${width})`}
  margin   = cosface(m: ${margin}, scale: ${scale})
  machine  = cpu(devices: 1, memory: 32 GiB)
  centers { sample_rate = ${rate * 100}%, update = ${update} }
  train {
    batch     = ${batch} per device
    steps     = 1000
    precision = ${precision}
    optimizer = sgd(lr: ${lr}, momentum: ${momentum}, weight_decay: ${decay})
    clip      = ${clip}
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
  const { batch, width, classes, rate } = taskOf(row)
  // The logits, and the gradients of the embeddings and of the centers.
  return { arcc, torch: 3 * 2 * batch * width * classes * rate }
}
