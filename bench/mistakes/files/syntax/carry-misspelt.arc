// A misspelt `carry`.
//? at: cary
//? suggests: carry
//? mends: yes

use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

/// Halves the image.
block stage(x: Image, channels: int, stride: int = 2) -> Image {
  let main = x |> conv(channels, kernel: 3, stride: stride) |> batch_norm |> prelu
  main |> conv(channels, kernel: 3) |> batch_norm |> prelu
}

backbone small(embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  let features = for channels in [16, 32, 64, 128] cary x = input { x |> stage(channels) }
  features |> flatten |> linear(embedding) |> batch_norm
}

experiment net {
  dataset  = synthetic(identities: 50, per_identity: 8)
  backbone = small(embedding: 64)
  margin   = cosface(m: 0.35)
  machine  = cpu
  train { batch = 16 global, epochs = 1, optimizer = sgd(lr: 0.05) }
}
