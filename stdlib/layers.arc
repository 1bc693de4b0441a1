// The layers of convolutional networks. Their names need no `use`.
// Parameters are named as PyTorch names them, so that state dicts of arcface_torch fit.

/// A convolution with square filters. `padding` keeps the size of the image where nothing else is said; `groups` equal to the
/// channels is a depthwise convolution; `precise` computes in f32 whatever the experiment's precision is.
block conv(x: Image, channels: int, kernel: int = 3, stride: int = 1, padding: int = kernel div 2, groups: int = 1, bias: bool = false, init: initializer = normal(0.1), precise: bool = false) -> Image {
  let per_group = channels_per_group(x, groups)
  let weight = parameter("weight", [kernel, kernel, per_group, channels], init, layout: "oihw")
  let y = conv2d(x, weight, stride: stride, padding: padding, groups: groups, precise: precise)
  if bias then y + per_channel(parameter("bias", [channels], zeros()), y) else y
}

/// Batch normalization (arXiv:1502.03167) with PyTorch's running statistics. `scaled: false` fixes the scale at 1.
block batch_norm(x: Tensor, scaled: bool = true, momentum: float = 0.1, epsilon: float = 1e-5) -> Tensor {
  let weight = parameter("weight", [x.channels], ones(), trainable: scaled)
  let bias = parameter("bias", [x.channels], zeros())
  let mean = buffer("running_mean", [x.channels], zeros())
  let variance = buffer("running_var", [x.channels], ones())
  batch_normalization(x, weight, bias, mean, variance, momentum: momentum, epsilon: epsilon)
}

/// The parametric rectifier (arXiv:1502.01852): a learned slope for each channel where x is not positive.
block prelu(x: Tensor, start: float = 0.25) -> Tensor {
  let slope = parameter("weight", [x.channels], filled(start))
  if x > 0 then x else per_channel(slope, x) * x
}

/// A fully connected layer. It starts as PyTorch's does, evenly from ±1/sqrt(inputs).
block linear(x: Vector, features: int, bias: bool = true, init: initializer = uniform(1 / sqrt(x.features)), precise: bool = false) -> Vector {
  let weight = parameter("weight", [features, x.features], init)
  let y = product(x, weight, precise: precise)
  if bias then y + per_channel(parameter("bias", [features], uniform(1 / sqrt(x.features))), y) else y
}

/// The rectifier.
fn relu(x: Tensor) -> Tensor {
  max(x, 0)
}

/// x · sigmoid(x) (arXiv:1710.05941).
fn swish(x: Tensor) -> Tensor {
  x * sigmoid(x)
}
