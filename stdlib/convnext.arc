// ConvNeXt, with the parameter paths of its authors' state dicts.

/// A block of ConvNeXt (arXiv:2201.03545, figure 4): a depthwise convolution, then two layers per pixel with a GELU between them,
/// scaled by a learned factor per channel.
block convnext_block(x: Image, drop: float, scale: float, kernel: pair = 7, activation: block = gelu) -> Image {
  let init = normal(0.02)
  let seen = x |> conv(x.channels, kernel: kernel, groups: x.channels, bias: true, init: init) as dwconv
               |> tokens |> layer_norm(epsilon: 1e-6) as norm
  let mixed = seen |> linear(4 * x.channels, init: init, bias_init: zeros()) as pwconv1 |> activation as act
                   |> linear(x.channels, init: init, bias_init: zeros()) as pwconv2
  let factor = parameter("gamma", [x.channels], filled(scale))
  x + (reshape(mixed * per_channel(factor, mixed), x.shape) |> drop_path(drop))
}

/// ConvNeXt (arXiv:2201.03545). `depths` and `channels` are those of the four stages; the first layer takes patches of `patch` pixels.
/// The probability that a sample skips a branch grows from 0 to `drop`; `scale` is the initial factor of the branches.
backbone convnext(depths: [int], channels: [int], patch: int = 4, drop: float = 0.1, scale: float = 1e-6, embedding: int = 512, activation: block = gelu) on Image(112, 112, 3) -> Vector(embedding) {
  let init = normal(0.02)
  let starts = for stage in 0..len(depths) { sum(for before in 0..stage { depths[before] }) }
  let count = sum(depths)
  let first = input |> conv(channels[0], kernel: patch, stride: patch, padding: 0, bias: true, init: init) as "downsample_layers.0.0"
                    |> layer_norm(epsilon: 1e-6) as "downsample_layers.0.1"
  let last = for stage in 0..len(depths) carry x = first {
    let reduced = if stage == 0 then x
                  else x |> layer_norm(epsilon: 1e-6) as "downsample_layers.{stage}.0"
                         |> conv(channels[stage], kernel: 2, stride: 2, padding: 0, bias: true, init: init) as "downsample_layers.{stage}.1"
    for index in 0..depths[stage] carry y = reduced {
      y |> convnext_block(drop: drop * (starts[stage] + index) / max(count - 1, 1), scale: scale, activation: activation) as "stages.{stage}.{index}"
    }
  }
  to_f32(last) |> average_pool |> layer_norm(epsilon: 1e-6) as norm |> linear(embedding, init: init, bias_init: zeros(), precise: true) as head
}

/// ConvNeXt-T.
let convnext_t = convnext(depths: [3, 3, 9, 3], channels: [96, 192, 384, 768])
/// ConvNeXt-S.
let convnext_s = convnext(depths: [3, 3, 27, 3], channels: [96, 192, 384, 768], drop: 0.4)
/// ConvNeXt-B.
let convnext_b = convnext(depths: [3, 3, 27, 3], channels: [128, 256, 512, 1024], drop: 0.5)

test "parameters are those of the paper's networks, with another last layer" {
  // 28,589,128 and others with the layer for 1000 classes of ImageNet.
  let classes = 1000
  let tiny = 28589128 - (768 + 1) * classes + (768 + 1) * 512
  assert convnext_t.parameters == tiny
  let small = 50223688 - (768 + 1) * classes + (768 + 1) * 512
  assert convnext_s.parameters == small
  let base = 88591464 - (1024 + 1) * classes + (1024 + 1) * 512
  assert convnext_b.parameters == base
}
