// PyTorch's convolution, with the number of input channels.
//? at: nn.Conv2d
//? suggests: conv(channels, kernel: 3, padding: 0, bias: true)
//? mends: yes

use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

/// Two convolutions; the second one keeps the size.
block pair(x: Image, channels: int, stride: int = 2) -> Image {
  let first = x |> conv(channels, kernel: 3, stride: stride) |> batch_norm |> prelu
  first |> nn.Conv2d(channels, channels, 3) |> batch_norm |> prelu
}

backbone tiny(embedding: int = 32) on Image(112, 112, 3) -> Vector(embedding) {
  let body = for channels in [8, 16, 32] carry x = input { x |> pair(channels) }
  body |> flatten |> linear(embedding)
}

experiment people {
  dataset  = synthetic(identities: 40, per_identity: 6, holdout: 20)
  backbone = tiny
  margin   = arcface(m: 0.4 rad, scale: 32)
  machine  = cpu(devices: 2)

  train {
    batch     = 16 global
    epochs    = 6
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 2, warmup: 1 epochs)
    augment   = [flip()]
  }

  evaluate { sets = [holdout], pairs = 100 }
  require memory.peak < 8 GiB
}
