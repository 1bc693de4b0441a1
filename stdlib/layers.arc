// The layers of networks. Their names need no `use`.
// Parameters have PyTorch's names, so that state dicts of arcface_torch can be loaded.

/// A convolution. `kernel`, `stride`, `padding` and `dilation` are numbers, or [along the height, along the width]. The padding `same`
/// keeps the size of the image; `groups` equal to the number of channels is a depthwise convolution; `dilation` is the distance of
/// neighboring places of the kernel; `precise` computes in f32 regardless of the experiment's precision.
block conv(x: Image, channels: int, kernel: pair = 3, stride: pair = 1, padding: padding = same, groups: int = 1, bias: bool = false, init: initializer = normal(0.1), bias_init: initializer = zeros(), precise: bool = false, dilation: pair = 1) -> Image {
  let window = sides(kernel)
  require window[0] >= 1 and window[1] >= 1
  let per_group = channels_per_group(x, groups)
  let weight = parameter("weight", [window[0], window[1], per_group, channels], init, layout: "oihw")
  let y = conv2d(x, weight, stride: stride, padding: padding, groups: groups, precise: precise, dilation: dilation)
  if bias then y + per_channel(parameter("bias", [channels], bias_init), y) else y
}

/// Batch normalization (arXiv:1502.03167) with PyTorch's running statistics. `scaled: false` fixes the scale at 1.
block batch_norm(x: Tensor, scaled: bool = true, momentum: float = 0.1, epsilon: float = 1e-5) -> Tensor {
  require momentum >= 0 and momentum <= 1 and epsilon > 0
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
  require epsilon > 0
  let weight = parameter("weight", [x.channels], ones())
  let bias = parameter("bias", [x.channels], zeros())
  let wide = to_f32(x)
  let centered = wide - expand(mean_over(wide, dim: -1), wide.shape)
  let variance = mean_over(centered * centered, dim: -1)
  let unit = centered * expand((variance + epsilon) ** -0.5, wide.shape)
  unit * per_channel(weight, unit) + per_channel(bias, unit)
}

/// Group normalization (arXiv:1803.08494): every image by the mean and variance of each of `groups` groups of its channels, in f32.
block group_norm(x: Image, groups: int = 32, epsilon: float = 1e-5) -> Image {
  require epsilon > 0
  let weight = parameter("weight", [x.channels], ones())
  let bias = parameter("bias", [x.channels], zeros())
  let split = reshape(to_f32(x), [x.batch, x.height * x.width, groups, channels_per_group(x, groups)])
  let centered = split - mean_over(mean_over(split, dim: 1), dim: 3)
  let variance = mean_over(mean_over(centered * centered, dim: 1), dim: 3)
  let unit = reshape(centered * (variance + epsilon) ** -0.5, x.shape)
  same_type(unit * per_channel(weight, unit) + per_channel(bias, unit), x)
}

/// Instance normalization (arXiv:1607.08022): every channel of every image by its own mean and variance, in f32. `affine` adds a
/// learned scale and offset per channel, as in PyTorch.
block instance_norm(x: Image, affine: bool = false, epsilon: float = 1e-5) -> Image {
  require epsilon > 0
  let split = reshape(to_f32(x), [x.batch, x.height * x.width, x.channels])
  let centered = split - mean_over(split, dim: 1)
  let variance = mean_over(centered * centered, dim: 1)
  let unit = reshape(centered * (variance + epsilon) ** -0.5, x.shape)
  let result = if affine then unit * per_channel(parameter("weight", [x.channels], ones()), unit) + per_channel(parameter("bias", [x.channels], zeros()), unit)
               else unit
  same_type(result, x)
}

/// Squeeze and excitation (arXiv:1709.01507): each channel times a factor in (0, 1), computed from the means of all channels over the
/// image by two layers, the first of which is `reduction` times narrower.
block squeeze_excite(x: Image, reduction: int = 16, activation: block = relu, gate: block = sigmoid, bias: bool = false, init: initializer = kaiming(x.channels)) -> Image {
  require reduction >= 1
  let means = x |> average_pool(kernel: [x.height, x.width])
  let inner = means |> conv(max(x.channels div reduction, 1), kernel: 1, bias: bias, init: init) as fc1 |> activation as act
  x * (inner |> conv(x.channels, kernel: 1, bias: bias, init: init) as fc2 |> gate as gate)
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
  require rate >= 0 and rate < 1
  if training() and rate > 0 then (if random(x) > rate then x / (1 - rate) else 0) else x
}

/// Stochastic depth (arXiv:1603.09382): in training the whole branch of a sample is 0 with probability `rate`.
block drop_path(x: Tensor, rate: float) -> Tensor {
  require rate >= 0 and rate < 1
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

/// The Gaussian error linear unit (arXiv:1606.08415): x · Φ(x) with the distribution function Φ of the normal distribution;
/// `approximate` is the paper's formula with tanh.
fn gelu(x: Tensor, approximate: bool = false) -> Tensor {
  let inner = if approximate then tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)) else erf(x / sqrt(2))
  0.5 * x * (1 + inner)
}

/// min(max(x + 3, 0), 6) / 6 (MobileNetV3, arXiv:1905.02244).
fn hard_sigmoid(x: Tensor) -> Tensor {
  relu6(x + 3) / 6
}

/// x · hard_sigmoid(x) (MobileNetV3, arXiv:1905.02244).
fn hard_swish(x: Tensor) -> Tensor {
  x * hard_sigmoid(x)
}

/// The rectifier with a slope where x is negative.
fn leaky_relu(x: Tensor, slope: float = 0.01) -> Tensor {
  if x > 0 then x else slope * x
}

/// x itself: an activation that does nothing.
fn identity(x: Tensor) -> Tensor {
  x
}
