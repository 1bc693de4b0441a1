use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

backbone grouped(embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  input |> conv(16) |> conv(32, groups: 3) |> average_pool |> linear(embedding)
}

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = grouped()
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd(lr: 0.1)
  }
}
