use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

backbone twice(embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  input |> conv(8) as stem |> conv(8) as stem |> average_pool |> linear(embedding)
}

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = twice()
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd(lr: 0.1)
  }
}
