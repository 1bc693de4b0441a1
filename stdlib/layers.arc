// The layers of networks. Their names need no `use`.
// Parameters have PyTorch's names, so that state dicts of arcface_torch can be loaded.

/// A convolution with square filters. The default `padding` keeps the size of the image; `groups` equal to the number of
/// channels is a depthwise convolution; `precise` computes in f32 regardless of the experiment's precision.
block conv(x: Image, channels: int, kernel: int = 3, stride: int = 1, padding: int = kernel div 2, groups: int = 1, bias: bool = false, init: initializer = normal(0.1), bias_init: initializer = zeros(), precise: bool = false) -> Image {
  let per_group = channels_per_group(x, groups)
  let weight = parameter("weight", [kernel, kernel, per_group, channels], init, layout: "oihw")
  let y = conv2d(x, weight, stride: stride, padding: padding, groups: groups, precise: precise)
  if bias then y + per_channel(parameter("bias", [channels], bias_init), y) else y
}

/// Batch normalization (arXiv:1502.03167) with PyTorch's running statistics. `scaled: false` fixes the scale at 1.
block batch_norm(x: Tensor, scaled: bool = true, momentum: float = 0.1, epsilon: float = 1e-5) -> Tensor {
  let weight = parameter("weight", [x.channels], ones(), trainable: scaled)
  let bias = parameter("bias", [x.channels], zeros())
  let mean = buffer("running_mean", [x.channels], zeros())
  let variance = buffer("running_var", [x.channels], ones())
  batch_normalization(x, weight, bias, mean, variance, momentum: momentum, epsilon: epsilon)
}

/// The parametric rectifier (arXiv:1502.01852): a learned slope per channel where x is not positive.
block prelu(x: Tensor, start: float = 0.25) -> Tensor {
  let slope = parameter("weight", [x.channels], filled(start))
  if x > 0 then x else per_channel(slope, x) * x
}

/// A fully connected layer, on vectors or on each token. It is initialized like PyTorch's, uniformly in ±1/sqrt(inputs).
block linear(x: Tensor, features: int, bias: bool = true, init: initializer = uniform(1 / sqrt(x.features)), bias_init: initializer = uniform(1 / sqrt(x.features)), precise: bool = false) -> Tensor {
  let weight = parameter("weight", [features, x.features], init)
  let y = product(x, weight, precise: precise)
  if bias then y + per_channel(parameter("bias", [features], bias_init), y) else y
}

/// Layer normalization (arXiv:1607.06450) over the last dim, in f32.
block layer_norm(x: Tensor, epsilon: float = 1e-5) -> Tensor {
  let weight = parameter("weight", [x.channels], ones())
  let bias = parameter("bias", [x.channels], zeros())
  let wide = to_f32(x)
  let centered = wide - expand(mean_over(wide, dim: -1), wide.shape)
  let variance = mean_over(centered * centered, dim: -1)
  let unit = centered * expand((variance + epsilon) ** -0.5, wide.shape)
  unit * per_channel(weight, unit) + per_channel(bias, unit)
}

/// The softmax along a dim (arXiv:1706.03762): each element's exponential divided by the sum of all exponentials.
fn softmax(x: Tensor, dim: int = -1) -> Tensor {
  // Any number near the largest element works. An integer has no gradient, and the softmax's gradient does not need one.
  let near_largest = floor(max_over(x, dim: dim))
  let shares = exp(x - expand(near_largest, x.shape))
  shares / expand(sum_over(shares, dim: dim), x.shape)
}

/// Dropout (Srivastava et al., JMLR 2014): in training each element is 0 with probability `rate`; the others are scaled up.
block dropout(x: Tensor, rate: float) -> Tensor {
  if training() and rate > 0 then (if random(x) > rate then x / (1 - rate) else 0) else x
}

/// Stochastic depth (arXiv:1603.09382): in training the whole branch of a sample is 0 with probability `rate`.
block drop_path(x: Tensor, rate: float) -> Tensor {
  if training() and rate > 0 then (if random(x, per_sample: true) > rate then x / (1 - rate) else 0) else x
}

/// The rectifier.
fn relu(x: Tensor) -> Tensor {
  max(x, 0)
}

/// The rectifier up to 6 (MobileNets, arXiv:1704.04861).
fn relu6(x: Tensor) -> Tensor {
  min(max(x, 0), 6)
}

/// x · sigmoid(x) (arXiv:1710.05941).
fn swish(x: Tensor) -> Tensor {
  x * sigmoid(x)
}
