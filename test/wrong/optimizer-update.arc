optimizer momentum_sgd(lr: float, momentum: float = 0.9) {
  state velocity = 0
  state average = 0
  update(weight, gradient, rate, step) = {
    let v = momentum * velocity + gradient
    { weight = weight - rate * v, velocty = v, average = average }
  }
}

optimizer plain(lr: float) {
  state slow = 0
  update(weight, grad, rate) = { weight = weight - rate * grad }
}

optimizer wrong(lr: float) {
  update(weight, gradient, rate, step) = weight - rate * gradient
}
