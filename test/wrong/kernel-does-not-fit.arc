use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

backbone deep(embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  let small = for i in 0..5 carry x = input { x |> conv(8, stride: 2) as "stage{i}" }
  small |> conv(16, kernel: 7, padding: 0) as last |> flatten |> linear(embedding)
}

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = deep()
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd(lr: 0.1)
  }
}
