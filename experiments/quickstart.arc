use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

/// Halves the image and deepens it: a strided convolution, then one that keeps the size.
block stage(x: Image, channels: int) -> Image {
  let halved = x |> conv(channels, kernel: 3, stride: 2) |> batch_norm |> prelu
  halved |> conv(channels, kernel: 3) |> batch_norm |> prelu
}

/// Four stages from 112 × 112 pixels to 7 × 7, then one vector.
backbone small(embedding: int = 128) on Image(112, 112, 3) -> Vector(embedding) {
  let features = for channels in [16, 32, 64, 128] carry x = input { x |> stage(channels) }
  features |> flatten |> linear(embedding) |> batch_norm
}

/// Learns 200 generated identities on this computer, and is verified on 50 held-out people.
experiment quickstart {
  dataset  = synthetic(identities: 200, per_identity: 14, holdout: 50)
  backbone = small
  margin   = arcface(m: 0.3 rad, scale: 32)
  machine  = cpu(devices: 2)

  train {
    batch     = 64 global
    epochs    = 8
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 1 epochs)
    clip      = 5
  }

  evaluate { sets = [holdout], pairs = 1000 }
}
