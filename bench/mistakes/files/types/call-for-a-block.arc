// A called block where its name is taken.
//? at: activation: block = ‸prelu()
//? suggests: prelu
//? mends: yes

use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

block unit(x: Image, activation: block = prelu()) -> Image {
  x |> conv(8, kernel: 3, stride: 4) |> activation
}

backbone small(embedding: int = 32) on Image(112, 112, 3) -> Vector(embedding) {
  input |> unit |> flatten |> linear(embedding)
}

experiment faces {
  dataset  = synthetic(identities: 20, per_identity: 6, holdout: 20)
  backbone = small
  margin   = arcface(m: 0.3 rad, scale: 32)
  machine  = cpu(devices: 2)

  train {
    batch     = 16 global
    epochs    = 2
    optimizer = sgd(lr: 0.1, momentum: 0.9)
    schedule  = polynomial(power: 1)
  }

  evaluate { sets = [holdout], pairs = 100 }
}
