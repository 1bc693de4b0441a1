// Written by `npm run prelude` from compiler/primitives: do not edit.

// Weights and buffers

/// A weight of the backbone, under the path of the enclosing block. `trainable: false` keeps its initial value. `layout: "oihw"`
/// marks a filter [kh,kw,I,O] that is [O,I,kh,kw] in arcface_torch's state dict.
extern fn parameter(name: string, shape: [int], init: initializer, trainable: bool = true, layout: string = "same") -> Tensor

/// A running statistic of the backbone: not trained, but stored and saved with the weights.
extern fn buffer(name: string, shape: [int], init: initializer) -> Tensor

/// Every element is `value`.
extern fn filled(value: float) -> initializer

/// Every element is 0.
extern fn zeros() -> initializer

/// Every element is 1.
extern fn ones() -> initializer

/// Drawn from a normal distribution with mean 0.
extern fn normal(std: float) -> initializer

/// Drawn uniformly from [-bound, bound).
extern fn uniform(bound: float) -> initializer

/// He's normal distribution for rectifiers (arXiv:1502.01852): standard deviation sqrt(2 / fan).
extern fn kaiming(fan: int) -> initializer

// Convolutions and products

/// Number of channels of x per group, for `groups` groups.
extern fn channels_per_group(x: Image, groups: int) -> int

/// Convolution of images [N,H,W,C] with a filter [kh,kw,C/groups,O], with `padding` zeros on every side; `same` is half of what the
/// filter covers. Neighboring places of the filter are `dilation` pixels apart. It is computed in the experiment's precision, which
/// is also the result's type; `precise: true` computes in f32.
extern fn conv2d(x: Image, filter: Tensor, stride: pair = 1, padding: padding = 0, groups: int = 1, precise: bool = false, dilation: pair = 1) -> Image

/// Vectors [N,I] or tokens [N,T,I] times the transpose of a weight [O,I]: [N,O] or [N,T,O]. It is computed in the experiment's
/// precision, which is also the result's type; `precise: true` computes in f32.
extern fn product(x: Tensor, weight: Tensor, precise: bool = false) -> Tensor

/// Products of matrices [...,M,K] and [...,K,N], or with `transposed` [...,N,K]: [...,M,N]. They are computed in the experiment's
/// precision, which is also the result's type; `wide: true` keeps the f32 sums.
extern fn matmul(x: Tensor, y: Tensor, transposed: bool = false, wide: bool = false) -> Tensor

// Normalization

/// Normalizes every channel of x to mean 0 and variance 1, then scales and shifts it. In training the statistics are those of the
/// device's batch (with `batch_norm = synced`, of all devices' batches), and the buffers `mean` and `variance` move towards them
/// by `momentum`, with the unbiased variance (n/(n-1)). In evaluation the buffers are the statistics. Statistics are f32; the
/// result keeps x's element type.
extern fn batch_normalization(x: Tensor, scale: Tensor, offset: Tensor, mean: Tensor, variance: Tensor, momentum: float = 0.1, epsilon: float = 1e-5) -> Tensor

// Shapes and channels

/// Images [N,H,W,C] as vectors [N,C·H·W], channel by channel like PyTorch's flatten, so that its weights can be used unchanged.
extern fn flatten(x: Image) -> Vector

/// [along the height, along the width] of a kernel or another pair; a single number counts for both.
extern fn sides(kernel: pair) -> [int]

/// One number per channel, [C], repeated over x [...,C], in x's element type.
extern fn per_channel(values: Tensor, x: Tensor) -> Tensor

/// x in the element type of `like`, such as the experiment's precision.
extern fn same_type(x: Tensor, like: Tensor) -> Tensor

/// x in f32.
extern fn to_f32(x: Tensor) -> Tensor

// Pooling

/// The largest element under each place of a window: [N,H',W',C]. `stride` defaults to the window, so that places do not overlap;
/// `padding` pixels on each side never hold the maximum. The gradient goes to the first of equal elements, row by row.
extern fn max_pool(x: Image, kernel: pair, stride: pair = kernel, padding: pair = 0) -> Image

/// The mean under each place of a window: [N,H',W',C]; `stride` defaults to the window, and `padding` pixels on each side count as
/// zeros. Without a `kernel`, the mean of every channel over the whole image: vectors [N,C].
extern fn average_pool(x: Image, kernel: pair = 0, stride: pair = kernel, padding: pair = 0) -> Tensor

// Arranging tensors

/// Images [N,H,W,C] as tokens [N,H·W,C], row by row.
extern fn tokens(x: Image) -> Tokens

/// The elements of x, in the same order, as a tensor of another shape.
extern fn reshape(x: Tensor, shape: [int]) -> Tensor

/// Dim i of the result is dim `order[i]` of x.
extern fn permute(x: Tensor, order: [int]) -> Tensor

/// x repeated over a shape: dims are matched from the last one, and a dim of size 1 or one missing in x is repeated.
extern fn expand(x: Tensor, shape: [int]) -> Tensor

/// Elements `start` to `stop` (exclusive) along a dim.
extern fn slice(x: Tensor, dim: int, start: int, stop: int) -> Tensor

/// x followed by y along a dim; their other dims are equal.
extern fn concatenate(x: Tensor, y: Tensor, dim: int) -> Tensor

/// The elements of x at the positions `indices` along a dim, in this order; a position may occur several times.
extern fn gather(x: Tensor, indices: [int], dim: int = 0) -> Tensor

/// A tensor of the numbers of a list; lists of lists have one dim more: `constant([[1, 2, 3], [4, 5, 6]])` is [2,3]. f32.
extern fn constant(values: list) -> Tensor

/// Tokens [N,K,C]: for each sample, the tokens of x [N,T,C] at the positions `order` [N,K].
extern fn take(x: Tokens, order: Tensor) -> Tokens

/// The inverse of orders [N,T], each a permutation of 0 to T−1: the position of each number. Taking by one undoes taking by the
/// other.
extern fn inverse_order(order: Tensor) -> Tensor

// Reductions

/// The sum along a dim. 16-bit numbers are summed in f32.
extern fn sum_over(x: Tensor, dim: int) -> Tensor

/// The mean along a dim. 16-bit numbers are summed in f32.
extern fn mean_over(x: Tensor, dim: int) -> Tensor

/// The largest element along a dim.
extern fn max_over(x: Tensor, dim: int) -> Tensor

// Randomness in training

/// Whether this is a training step; nothing is dropped in evaluation.
extern fn training() -> bool

/// Uniform numbers in (0, 1], redrawn in every step: one per element of x, or with `per_sample` one per sample, repeated over its
/// elements. Two calls in one block draw the same numbers. f32.
extern fn random(x: Tensor, per_sample: bool = false) -> Tensor

/// A random order of the tokens of each sample of x [N,T,C], redrawn in every step: a permutation of 0 to T−1, [N,T] of i32.
extern fn random_order(x: Tokens) -> Tensor

// Numbers

/// The sum of the numbers of a list, which have one unit, or of tensors of one shape; that of an empty list is 0.
extern fn sum(list: list) -> scalar

/// e to the power of x.
extern fn exp(x: scalar) -> scalar

/// The natural logarithm.
extern fn log(x: scalar) -> scalar

/// The square root.
extern fn sqrt(x: scalar) -> scalar

/// The hyperbolic tangent.
extern fn tanh(x: scalar) -> scalar

/// 1 / (1 + exp(-x))
extern fn sigmoid(x: scalar) -> scalar

/// The error function: 2/√π · ∫₀ˣ exp(−t²) dt.
extern fn erf(x: scalar) -> scalar

/// The absolute value.
extern fn abs(x: scalar) -> scalar

/// The largest integer not above x.
extern fn floor(x: scalar) -> scalar

/// The smallest integer not below x.
extern fn ceil(x: scalar) -> scalar

/// The nearest integer; halves round up.
extern fn round(x: scalar) -> scalar

/// x without its gradient: the same number, which counts as a constant in derivatives.
extern fn detach(x: scalar) -> scalar

/// The larger of two numbers.
extern fn max(x: scalar, y: scalar) -> scalar

/// The smaller of two numbers.
extern fn min(x: scalar, y: scalar) -> scalar

/// x to the power of y.
extern fn pow(x: scalar, y: scalar) -> scalar

/// The cosine of an angle.
extern fn cos(x: angle) -> scalar

/// The sine of an angle.
extern fn sin(x: angle) -> scalar

/// The angle in [0, pi] with cosine x. x is first clamped to [-1 + 1e-6, 1 - 1e-6], so that the gradient is finite (the slope is
/// -707 there, and 0 outside).
extern fn acos(x: scalar) -> angle

// Whole weights

/// In the `update` of an optimizer: the Euclidean norm of all elements of a weight, or of its gradient, its state or what is computed
/// from them. For the centers, it is that of a class.
extern fn norm(x: scalar) -> scalar

/// In the `update` of an optimizer: the number of dims of a weight. Biases, and scales, offsets and slopes per channel have 1.
extern fn rank(x: scalar) -> int

// The whole batch

/// In the `update` of a margin: the mean over all rows of the batch.
extern fn average(x: scalar) -> scalar

/// In the `update` of a margin: the standard deviation over all rows of the batch, divided by B − 1 as in PyTorch.
extern fn deviation(x: scalar) -> scalar

// Training

/// Multiplies the learning rate of the weights of the backbone at or below a path by `factor`. `*` stands for any one part of a
/// path; `*` alone is the whole backbone.
extern fn group(path: string, factor: float) -> rate_group

/// The exponential moving average of the weights. The first update copies them; each later one sets the average to
/// decay · average + (1 - decay) · weight. With `warmup`, the decay is at most (1 + n) / (10 + n) after n earlier updates.
extern fn ema(decay: float = 0.9999, warmup: bool = true) -> average

/// Learning rates are given for a global batch of `reference` images and scale linearly with the batch (arXiv:1706.02677).
extern fn linear_scaling(reference: int) -> lr_scaling

/// Learning rates are given for a global batch of `reference` images and scale with its square root (arXiv:1404.5997).
extern fn sqrt_scaling(reference: int) -> lr_scaling

// Lists, the environment, links

/// The number of elements of a list.
extern fn len(list: list) -> int

/// An environment variable. If it is not set, everything but the run itself still works.
extern fn env(name: string) -> string

/// A duration as a number of steps; `epoch` is the number of steps per epoch.
extern fn in_steps(duration: duration, epoch: scalar) -> scalar

/// NVLink; `bandwidth` is that of one device in each direction.
extern fn nvlink(bandwidth: bandwidth, latency: time = 3e-6 s) -> link

/// PCI Express; `bandwidth` is that of one device in each direction.
extern fn pcie(bandwidth: bandwidth, latency: time = 6e-6 s) -> link

/// InfiniBand; `bandwidth` is that of one computer in each direction.
extern fn infiniband(bandwidth: bandwidth, latency: time = 8e-6 s) -> link

/// Ethernet; `bandwidth` is that of one computer in each direction.
extern fn ethernet(bandwidth: bandwidth, latency: time = 30e-6 s) -> link

/// The memory of one computer, between virtual devices on it.
extern fn shared_memory(bandwidth: bandwidth, latency: time = 2e-6 s) -> link

/// Replaces damaged pictures by the next ones of the set; above this part of its pictures the run ends with an error.
extern fn skip(at_most: float = 0.001) -> tolerance

// This computer

/// Number of GPUs that the driver of this computer reports.
extern fn local_gpus() -> int

/// The driver's name for the GPU of this computer; empty if there is none. Of several, the one with the least memory.
extern fn local_gpu() -> string

/// Bytes of that GPU, or of this computer if it has no GPU.
extern fn local_memory() -> int

/// The CUDA compute capability of that GPU.
extern fn local_compute() -> float

/// Whether NVLink connects all GPUs of this computer.
extern fn local_nvlink() -> bool

/// CPU cores of this computer.
extern fn local_cores() -> int

/// A figure of that GPU measured by `arcc doctor --write-machine`: `f32`, `f16`, `bf16` in FLOP/s, `bandwidth` in B/s.
extern fn local_rate(figure: string) -> float
