// An `if` without `else`.
//? at:   other(cos) = if cos > 0 then cos‸
//? suggests: else
use std.backbones: mbf
use std.datasets: synthetic
use std.machines: cpu
use std.margins: interclass_filter

/// A margin that grows for easy samples.
margin soft(m: float = 0.3, slope: float = 1.2, scale: float = 48) {
  require m >= 0 and slope >= 1
  target(cos) {
    let angle = slope * acos(cos)
    cos(angle) - m
  }
  other(cos) = if cos > 0 then cos
}

/// Adam without bias correction.
optimizer adam0(lr: float, beta1: float = 0.9, beta2: float = 0.99) {
  state first = 0
  state second = 0
  update(weight, gradient, rate) {
    let mean = beta1 * first + (1 - beta1) * gradient
    let square = beta2 * second + (1 - beta2) * gradient ** 2
    { weight = weight - rate * mean / (sqrt(square) + 1e-8), first = mean, second = square }
  }
}

schedule triangle(peak: float = 0.3) {
  factor(step, total) = if step < peak * total then step / (peak * total) else (total - step) / ((1 - peak) * total)
}

experiment own_rules {
  dataset = synthetic(identities: 300, per_identity: 8)
  backbone = mbf
  margin = soft(m: 0.25) |> interclass_filter(threshold: 0.5)
  machine = cpu()
  train {
    batch = 50 global, steps = 400
    optimizer = adam0(lr: 0.001)
    schedule = triangle(peak: 0.2)
  }
}
