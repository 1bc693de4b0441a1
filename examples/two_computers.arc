// Two computers without GPUs, to try what several computers do: arcc's own sums over TCP take the place of NCCL's. On one computer,
// start both processes with --rendezvous 127.0.0.1:29500. docs/many-computers.md has the commands.

use std.datasets: synthetic
use std.machines: cpu_device
use std.margins: arcface

/// `nodes` computers, each one device: all its cores. Ethernet of 10 Gb/s between them.
machine computers(nodes: int = 2) {
  nodes = nodes, devices_per_node = 1, device = cpu_device()
  links { within = shared_memory(10 GB/s), between = ethernet(1.25 GB/s) }
}

/// Four stages from 112 × 112 pixels to 7 × 7, then one vector.
backbone narrow(embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  let features = for channels in [8, 16, 32, 64] carry x = input {
    x |> conv(channels, kernel: 3, stride: 2) |> batch_norm |> prelu
  }
  features |> flatten |> linear(embedding) |> batch_norm
}

experiment two_computers {
  dataset  = synthetic(identities: 200, per_identity: 14, holdout: 50)
  backbone = narrow
  margin   = arcface(m: 0.3 rad, scale: 32)
  machine  = computers

  train {
    batch     = 64 global
    epochs    = 8
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 1 epochs)
  }

  evaluate { sets = [holdout], pairs = 1000 }
}
