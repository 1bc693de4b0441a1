/// ArcFace (arXiv:1801.07698, equation 3).
margin arcface(m: angle = 0.5 rad, scale: float = 64) {
  target(cos) = cos(acos(cos) + m)
  // every other class keeps its cosine
}
margin curricular(m: angle = 0.5rad) {
  let hard = cos(m)
  state t = 0
  require m < 90 deg
  target(cos) {
    let shifted = cos(acos(cos) + m)
    if cos > hard then shifted else cos - m * sin(m)
  }
  others(cos, t: float = 1) = if cos > t then cos * (t + cos) else cos
}

optimizer sgd(lr: float, momentum: float = 0.9, weight_decay: float = 0.0005) {
  state velocity = 0
  step(weight, gradient) {
    let g = gradient + weight_decay * weight
    let v = momentum * velocity + g
    { weight = weight - lr * v, velocity = v }
  }
}
schedule polynomial(power: float = 1, warmup: duration = 0 steps) {
  factor(step, steps) = if step < warmup then step / warmup else (1 - step div steps) ** power
}
