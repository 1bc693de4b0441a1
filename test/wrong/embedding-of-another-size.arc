use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

backbone short(embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  input |> conv(16, stride: 2) |> average_pool |> linear(64)
}

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = short(embedding: 128)
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd(lr: 0.1)
  }
}
