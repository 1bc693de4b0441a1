/** The run that `bench:kill` kills: two devices, sharded centers with padding rows, a checkpoint every five steps. */
export const killText = `
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

backbone small() on Image(32, 32, 3) -> Vector(16) {
  let first = input |> conv(4, kernel: 3, stride: 2) |> batch_norm |> prelu
  first |> conv(8, kernel: 3, stride: 2) |> batch_norm |> prelu |> flatten |> linear(16) |> batch_norm
}

experiment killed {
  dataset  = synthetic(identities: 37, per_identity: 8)
  backbone = small()
  margin   = arcface(m: 0.3 rad, scale: 32)
  machine  = cpu(devices: 2)
  centers { state = int8, weights = bf16 }
  train {
    batch     = 16 global
    steps     = 400
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    clip      = 5
    workers   = 0
  }
  checkpoint { every = 5 steps, keep = 2 }
}
`
