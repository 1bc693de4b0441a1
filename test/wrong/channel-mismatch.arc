use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

/// A block whose shortcut forgets that the channels change.
block widen(x: Image, channels: int) -> Image {
  let main = x |> conv(channels) |> batch_norm |> prelu
  main + x
}

backbone narrow(embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  input |> widen(16) as first |> widen(32) as second |> average_pool |> linear(embedding)
}

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = narrow()
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd(lr: 0.1)
  }
}
