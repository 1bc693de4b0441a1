/**
 * The experiment of `bench/nodes-train.ts`, of a data set: narrow, with verification and checkpoints at intervals, and a batch that one
 * to four nodes divide evenly.
 */
export const nodesText = (dataset: string) => `
use std.backbones
use std.datasets: ${dataset.slice(0, dataset.indexOf('('))}
use std.machines: cpu_device
use std.margins: arcface

machine cpus(nodes: int, devices: int) {
  nodes = nodes, devices_per_node = devices, device = cpu_device(memory: 1 GiB)
  links { within = shared_memory(10 GB/s), between = ethernet(1 GB/s) }
}

backbone narrow_iresnet() on Image(28, 28, 3) -> Vector(24) {
  let first = input |> conv(4, kernel: 3) as conv1 |> batch_norm as bn1 |> prelu as prelu
  let last = first |> residual(4, stride: 2) as "layer1.0" |> residual(8, stride: 2) as "layer2.0"
  last |> batch_norm as bn2 |> flatten |> linear(24, precise: true) as fc |> batch_norm(scaled: false) as features
}

experiment narrow {
  dataset  = ${dataset}
  backbone = narrow_iresnet
  margin   = arcface(m: 0.5 rad, scale: 16)
  machine  = cpus(1, 2)
  train {
    batch     = 12 global
    steps     = 80
    optimizer = sgd(lr: 0.05, momentum: 0.9, weight_decay: 5e-4)
  }
  evaluate { sets = [holdout], pairs = 400, every = 20 steps }
  checkpoint { every = 25 steps }
}
`
