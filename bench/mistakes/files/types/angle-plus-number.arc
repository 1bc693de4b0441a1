// A plain number added to an angle.
//? at: + ‸0.1 * cos
//? suggests: * 1 rad

use std.datasets: synthetic
use std.machines: cpu

backbone small(embedding: int = 32) on Image(112, 112, 3) -> Vector(embedding) {
  input |> conv(8, kernel: 3, stride: 4) |> prelu |> flatten |> linear(embedding)
}

margin own(scale: float = 32) {
  target(cos) = cos(acos(cos) + 0.1 * cos)
}

experiment faces {
  dataset  = synthetic(identities: 20, per_identity: 6, holdout: 20)
  backbone = small
  margin   = own()
  machine  = cpu(devices: 2)

  train {
    batch     = 16 global
    epochs    = 2
    optimizer = sgd(lr: 0.1, momentum: 0.9)
    schedule  = polynomial(power: 1)
  }

  evaluate { sets = [holdout], pairs = 100 }
}
