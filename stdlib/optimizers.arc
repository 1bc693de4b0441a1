// Optimizers: how a gradient changes a weight. Their names need no `use`.

/// Stochastic gradient descent with momentum and weight decay, as in PyTorch: the velocity starts at the first gradient,
/// and the decay is part of the gradient. `nesterov` looks one step of the velocity ahead.
optimizer sgd(lr: float, momentum: float = 0.9, weight_decay: float = 0, nesterov: bool = false) {
  require momentum >= 0 and momentum < 1 and weight_decay >= 0
  require momentum > 0 or not nesterov
  state velocity = 0
  update(weight, gradient, rate) {
    let slope = gradient + weight_decay * weight
    let moved = momentum * velocity + slope
    let direction = if nesterov then slope + momentum * moved else moved
    { weight = weight - rate * direction, velocity = moved }
  }
}

/// AdamW (arXiv:1711.05101, algorithm 2): bias-corrected moments, and weight decay decoupled from the gradient.
optimizer adamw(lr: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, weight_decay: float = 0.01) {
  require beta1 >= 0 and beta1 < 1 and beta2 >= 0 and beta2 < 1 and epsilon > 0 and weight_decay >= 0
  state first = 0
  state second = 0
  update(weight, gradient, rate, step) {
    let mean = beta1 * first + (1 - beta1) * gradient
    let square = beta2 * second + (1 - beta2) * gradient * gradient
    let direction = mean / (1 - beta1 ** step) / (sqrt(square / (1 - beta2 ** step)) + epsilon)
    { weight = weight - rate * (direction + weight_decay * weight), first = mean, second = square }
  }
}

/// The part of the learning rate that LARS gives a layer; a layer of zeros, which no ratio would move, has all of it.
fn lars_ratio(size: scalar, slope: scalar, trust: float, weight_decay: float, epsilon: float) -> scalar {
  if size > 0 then trust * size / (slope + weight_decay * size + epsilon) else 1
}

/// LARS (arXiv:1708.03888, algorithm 1): momentum with a learning rate per layer, in proportion to the norm of the layer's weights
/// over that of its gradient. Biases, slopes, and scales and offsets of normalizations have the full rate. A class is a layer.
optimizer lars(lr: float, momentum: float = 0.9, weight_decay: float = 0, trust: float = 0.001, epsilon: float = 1e-8) {
  require momentum >= 0 and momentum < 1 and weight_decay >= 0 and trust > 0 and epsilon > 0
  state velocity = 0
  update(weight, gradient, rate, weight_norm, gradient_norm) {
    let ratio = lars_ratio(weight_norm, gradient_norm, trust, weight_decay, epsilon)
    let local = if rank(weight) < 2 then 1 else ratio
    let moved = momentum * velocity + rate * local * (gradient + weight_decay * weight)
    { weight = weight - moved, velocity = moved }
  }
}

/// The length of LAMB's step in proportion to the layer's; of a layer of zeros, or one that does not move, the step is unchanged.
fn lamb_ratio(size: scalar, step: scalar) -> scalar {
  if size > 0 then (if step > 0 then size / step else 1) else 1
}

/// LAMB (arXiv:1904.00962, algorithm 2): the step of AdamW, as long as the layer's weights times the learning rate. As in the authors'
/// code, biases, slopes, and scales and offsets of normalizations have the step of AdamW. A class is a layer.
optimizer lamb(lr: float, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-6, weight_decay: float = 0.01) {
  require beta1 >= 0 and beta1 < 1 and beta2 >= 0 and beta2 < 1 and epsilon > 0 and weight_decay >= 0
  state first = 0
  state second = 0
  update(weight, gradient, rate, step, weight_norm) {
    let mean = beta1 * first + (1 - beta1) * gradient
    let square = beta2 * second + (1 - beta2) * gradient * gradient
    let adapted = mean / (1 - beta1 ** step) / (sqrt(square / (1 - beta2 ** step)) + epsilon)
    let direction = adapted + weight_decay * weight
    let local = if rank(weight) < 2 then 1 else lamb_ratio(weight_norm, norm(direction))
    { weight = weight - rate * local * direction, first = mean, second = square }
  }
}

/// Lion (arXiv:2302.06675, algorithm 2): the sign of a momentum, which looks ahead by one gradient, and decoupled weight decay. It
/// needs a learning rate three to ten times smaller than AdamW's, and a weight decay as much larger.
optimizer lion(lr: float, beta1: float = 0.9, beta2: float = 0.99, weight_decay: float = 0) {
  require beta1 >= 0 and beta1 < 1 and beta2 >= 0 and beta2 < 1 and weight_decay >= 0
  state mean = 0
  update(weight, gradient, rate) {
    let ahead = beta1 * mean + (1 - beta1) * gradient
    let sign = if ahead > 0 then 1 else (if ahead < 0 then -1 else 0)
    { weight = weight - rate * (sign + weight_decay * weight), mean = beta2 * mean + (1 - beta2) * gradient }
  }
}
