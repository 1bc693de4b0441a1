// An update that names a cosine it never uses.
//? at: update(‸cos
//? mends: yes

use std.backbones: mbf
use std.datasets: synthetic
use std.machines: cpu

/// A margin that follows the lengths of the embeddings.
margin adaptive(m: float = 0.4, scale: float = 64) {
  require m >= 0 and m < 1
  state mean = 20
  target(cos, norm) = cos - m * min(detach(norm) / mean, 2)
  other(cos, own) = if cos > own then 0 else cos
  update(cos, norm) = { mean = 0.99 * mean + 0.01 * average(norm) }
}

optimizer heavy(lr: float, momentum: float = 0.9) {
  state velocity = 0
  update(weight, gradient, rate) {
    let v = momentum * velocity + gradient
    { weight = weight - rate * v, velocity = v }
  }
}

schedule halved(gamma: float = 0.5) {
  factor(step, total) = if step < total / 2 then 1 else gamma
}

experiment custom {
  dataset  = synthetic(identities: 60, per_identity: 6)
  backbone = mbf
  margin   = adaptive(m: 0.3)
  machine  = cpu
  train {
    batch     = 24 global
    steps     = 100
    optimizer = heavy(lr: 0.1)
    schedule  = halved(gamma: 0.1)
  }
}
