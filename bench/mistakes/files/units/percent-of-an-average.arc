// A percentage without its sign, in an average of the weights.
//? at: decay: ‸99.5
//? suggests: 99.5%
//? mends: yes

use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

backbone small(embedding: int = 32) on Image(112, 112, 3) -> Vector(embedding) {
  input |> conv(8, kernel: 3, stride: 4) |> prelu |> flatten |> linear(embedding)
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
    average   = ema(decay: 99.5)
  }

  evaluate { sets = [holdout], pairs = 100 }
}
