// GhostFaceNet, version 1.

/// The multiple of 4 nearest to v, but at least 4 and not more than 10 % below v.
fn multiple_of_4(v: float) -> int {
  let near = max(4, floor(v + 2) div 4 * 4)
  if near < 0.9 * v then near + 4 else near
}

/// A ghost module (GhostNet, arXiv:1911.11907): half of the channels by a 1×1 convolution, the other half from them by a cheap
/// depthwise one.
block ghost_module(x: Image, channels: int, kernel: int = 3, activation: block = prelu) -> Image {
  let half = channels div 2
  let primary = x |> conv(half, kernel: 1, init: kaiming(half)) as "primary_conv.0" |> batch_norm as "primary_conv.1"
                  |> activation as "primary_conv.2"
  let cheap = primary |> conv(half, kernel: kernel, groups: half, init: kaiming(kernel * kernel)) as "cheap_operation.0"
                      |> batch_norm as "cheap_operation.1" |> activation as "cheap_operation.2"
  concatenate(primary, cheap, dim: -1)
}

/// The factors of GhostNet's squeeze and excitation, with biases and a piecewise linear gate.
block ghost_excite(x: Image, activation: block) -> Image {
  let width = multiple_of_4(0.25 * x.channels)
  let means = x |> average_pool(kernel: [x.height, x.width])
  let inner = means |> conv(width, kernel: 1, bias: true, init: kaiming(width)) as conv_reduce |> activation as act1
  x * (inner |> conv(x.channels, kernel: 1, bias: true, init: kaiming(x.channels)) as conv_expand |> hard_sigmoid)
}

/// A ghost bottleneck (arXiv:1911.11907, figure 3): expansion to `width`, a strided depthwise convolution, squeeze and excitation if
/// `excite`, projection.
block ghost_bottleneck(x: Image, channels: int, width: int, kernel: int, stride: int, excite: bool, activation: block) -> Image {
  let wide = x |> ghost_module(width, activation: activation) as ghost1
  let narrow = if stride == 1 then wide
               else wide |> conv(width, kernel: kernel, stride: stride, groups: width, init: kaiming(kernel * kernel)) as conv_dw |> batch_norm as bn_dw
  let seen = if excite then narrow |> ghost_excite(activation) as se else narrow
  let main = seen |> ghost_module(channels, activation: identity) as ghost2
  let skip = if stride == 1 and x.channels == channels then x
             else x |> conv(x.channels, kernel: kernel, stride: stride, groups: x.channels, init: kaiming(kernel * kernel)) as "shortcut.0" |> batch_norm as "shortcut.1"
                    |> conv(channels, kernel: 1, init: kaiming(channels)) as "shortcut.2" |> batch_norm as "shortcut.3"
  main + skip
}

/// GhostFaceNet V1 (Alansari et al., IEEE Access 11, 2023): GhostNet with PReLU and a depthwise filter over the whole image before
/// the embedding. `width` widens it; `stride` is that of the first convolution. As in PyTorch, strided convolutions pad both sides
/// alike, where TensorFlow pads more on the right.
backbone ghostfacenet(width: float = 1.3, stride: int = 1, embedding: int = 512, activation: block = prelu) on Image(112, 112, 3) -> Vector(embedding) {
  let kernels = [3, 3, 3, 5, 5, 3, 3, 3, 3, 3, 3, 5, 5, 5, 5, 5]
  let widths = [16, 48, 72, 72, 120, 240, 200, 184, 184, 480, 672, 672, 960, 960, 960, 512]
  let outputs = [16, 24, 24, 40, 40, 80, 80, 80, 80, 112, 112, 160, 160, 160, 160, 160]
  let excites = [false, false, false, true, true, false, false, false, false, true, true, true, false, true, false, true]
  let strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1]
  let stem = multiple_of_4(16 * width)
  let first = input |> conv(stem, kernel: 3, stride: stride, init: kaiming(9 * stem)) as conv_stem |> batch_norm as bn1 |> activation as act1
  let body = for index in 0..len(kernels) carry x = first {
    x |> ghost_bottleneck(
      multiple_of_4(outputs[index] * width), multiple_of_4(widths[index] * width),
      kernel: kernels[index], stride: strides[index], excite: excites[index], activation: activation,
    ) as "blocks.{index}"
  }
  let last = multiple_of_4(512 * width)
  let head = body |> conv(last, kernel: 1, init: kaiming(last)) as conv_head |> batch_norm as bn2 |> activation as act2
  head |> conv(last, kernel: [head.height, head.width], padding: 0, groups: last, precise: true) as gdc_dw |> batch_norm as gdc_bn
    |> flatten |> linear(embedding, bias: false, precise: true) as gdc_conv |> batch_norm as pre_embedding
}

/// GhostFaceNetV1-1.3-1: width 1.3, the first convolution keeps the size of the image.
let ghostfacenet_v1_s1 = ghostfacenet()
/// GhostFaceNetV1-1.3-2: width 1.3, the first convolution halves the image.
let ghostfacenet_v1_s2 = ghostfacenet(stride: 2)

test "parameters in millions are those of PyTorch" {
  assert ghostfacenet_v1_s1.parameters ≈ 4.06e6
  assert ghostfacenet_v1_s2.parameters ≈ 4.04e6
}
