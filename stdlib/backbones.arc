// Backbones of face recognition, with the parameter paths of arcface_torch's state dicts.

/// The basic block of IResNet (arXiv:1801.07698).
block residual(x: Image, channels: int, stride: int = 1, activation: block = prelu) -> Image {
  let main = x |> batch_norm as bn1 |> conv(channels, kernel: 3) as conv1 |> batch_norm as bn2 |> activation as prelu
               |> conv(channels, kernel: 3, stride: stride) as conv2 |> batch_norm as bn3
  let skip = if stride == 1 and x.channels == channels then x
             else x |> conv(channels, kernel: 1, stride: stride) as "downsample.0" |> batch_norm as "downsample.1"
  main + skip
}

/// IResNet (arXiv:1801.07698). `depths` are the numbers of blocks of the stages, each of which halves the image; `channels` are
/// their widths and `stem` is that of the first convolution. The embedding is computed in f32.
backbone iresnet(depths: [int], embedding: int = 512, channels: [int] = [64, 128, 256, 512], stem: int = 64, activation: block = prelu) on Image(112, 112, 3) -> Vector(embedding) {
  let first = input |> conv(stem, kernel: 3) as conv1 |> batch_norm as bn1 |> activation as prelu
  let last = for stage in 0..len(depths) carry x = first {
    for index in 0..depths[stage] carry y = x {
      y |> residual(channels[stage], stride: if index == 0 then 2 else 1, activation: activation) as "layer{stage + 1}.{index}"
    }
  }
  last |> batch_norm as bn2 |> flatten |> linear(embedding, precise: true) as fc |> batch_norm(scaled: false) as features
}

/// IResNet-18.
let r18 = iresnet(depths: [2, 2, 2, 2])
/// IResNet-34.
let r34 = iresnet(depths: [3, 4, 6, 3])
/// IResNet-50.
let r50 = iresnet(depths: [3, 4, 14, 3])
/// IResNet-100.
let r100 = iresnet(depths: [3, 13, 30, 3])
/// IResNet-200.
let r200 = iresnet(depths: [6, 26, 60, 6])

/// Convolution, batch normalization and rectifier.
block conv_unit(x: Image, channels: int, kernel: int = 1, stride: int = 1, groups: int = 1, precise: bool = false) -> Image {
  let init = kaiming(channels * kernel * kernel)
  x |> conv(channels, kernel: kernel, stride: stride, groups: groups, init: init, precise: precise) as "layers.0"
    |> batch_norm as "layers.1" |> prelu as "layers.2"
}

/// Convolution and batch normalization.
block linear_unit(x: Image, channels: int, kernel: int = 1, padding: int = 0, groups: int = 1, precise: bool = false) -> Image {
  let init = kaiming(channels * kernel * kernel)
  x |> conv(channels, kernel: kernel, padding: padding, groups: groups, init: init, precise: precise) as "layers.0"
    |> batch_norm as "layers.1"
}

/// The bottleneck of MobileFaceNet (arXiv:1804.07573): expansion, depthwise convolution, projection.
block bottleneck(x: Image, channels: int, width: int, stride: int = 1) -> Image {
  x |> conv_unit(width) as "layers.0"
    |> conv_unit(width, kernel: 3, stride: stride, groups: width) as "layers.1"
    |> linear_unit(channels) as "layers.2"
}

/// `count` bottlenecks, each with a residual connection.
block bottlenecks(x: Image, count: int, width: int) -> Image {
  for index in 0..count carry y = x {
    y + (y |> bottleneck(x.channels, width) as "layers.{index}")
  }
}

/// The last part of MobileFaceNet: a depthwise filter over the whole image, then the embedding, all in f32.
block global_depthwise(x: Image, embedding: int) -> Vector {
  let pooled = x |> linear_unit(x.channels, kernel: x.height, groups: x.channels, precise: true) as "layers.0"
  pooled |> flatten
    |> linear(embedding, bias: false, init: kaiming(embedding), precise: true) as "layers.2"
    |> batch_norm as "layers.3"
}

/// MobileFaceNet (arXiv:1804.07573) in the variant of arcface_torch: `scale` widens it, `blocks` are the bottlenecks of its stages.
backbone mobilefacenet(blocks: [int] = [1, 4, 6, 2], scale: int = 2, embedding: int = 512) on Image(112, 112, 3) -> Vector(embedding) {
  let narrow = 64 * scale
  let wide = 128 * scale
  let stem = input |> conv_unit(narrow, kernel: 3, stride: 2) as "layers.0"
  let first = if blocks[0] == 1 then stem |> conv_unit(narrow, kernel: 3, groups: 64) as "layers.1"
              else stem |> bottlenecks(blocks[0], width: 128) as "layers.1"
  let last = first
    |> bottleneck(narrow, width: 128, stride: 2) as "layers.2" |> bottlenecks(blocks[1], width: 128) as "layers.3"
    |> bottleneck(wide, width: 256, stride: 2) as "layers.4" |> bottlenecks(blocks[2], width: 256) as "layers.5"
    |> bottleneck(wide, width: 512, stride: 2) as "layers.6" |> bottlenecks(blocks[3], width: 256) as "layers.7"
  last |> conv_unit(512, precise: true) as conv_sep |> global_depthwise(embedding) as features
}

/// MobileFaceNet of arcface_torch.
let mbf = mobilefacenet()
/// The large MobileFaceNet of arcface_torch.
let mbf_large = mobilefacenet(blocks: [2, 8, 12, 4], scale: 4)

/// The part of [N,T,3·C] that is the queries (0), keys (1) or values (2) of all heads: [N,heads,T,C/heads].
fn heads_of(x: Tokens, part: int, heads: int) -> Tensor {
  let channels = x.channels div 3
  slice(x, dim: -1, start: part * channels, stop: (part + 1) * channels)
    |> reshape([x.batch, x.tokens, heads, channels div heads]) |> permute([0, 2, 1, 3])
}

/// Self-attention with several heads (arXiv:1706.03762). Scores and their softmax are f32.
block attention(x: Tokens, heads: int, init: initializer) -> Tokens {
  let joint = x |> linear(3 * x.channels, bias: false, init: init) as qkv
  let scores = matmul(heads_of(joint, 0, heads), heads_of(joint, 1, heads), transposed: true, wide: true)
  let shares = softmax(scores / sqrt(x.channels / heads))
  matmul(shares, heads_of(joint, 2, heads)) |> permute([0, 2, 1, 3]) |> reshape(x.shape)
    |> linear(x.channels, init: init, bias_init: zeros()) as proj
}

/// Two fully connected layers on each token.
block perceptron(x: Tokens, width: int, init: initializer) -> Tokens {
  x |> linear(width, init: init, bias_init: zeros()) as fc1 |> relu6
    |> linear(x.channels, init: init, bias_init: zeros()) as fc2
}

/// A pre-norm block of the vision transformer (arXiv:2010.11929, equations 2 and 3); `drop` is the probability that a
/// sample skips a branch.
block transformer(x: Tokens, heads: int, drop: float, init: initializer) -> Tokens {
  let seen = x + (x |> layer_norm as norm1 |> attention(heads, init) as attn |> drop_path(drop))
  seen + (seen |> layer_norm as norm2 |> perceptron(4 * x.channels, init) as mlp |> drop_path(drop))
}

/// All blocks, with drop probabilities that increase from block to block, and the last normalization.
fn transformers(x: Tokens, depth: int, heads: int, drop: float, init: initializer) -> Tokens {
  let last = for index in 0..depth carry y = x {
    y |> transformer(heads, drop: drop * index / max(depth - 1, 1), init: init) as "blocks.{index}"
  }
  last |> layer_norm as norm
}

/// The vision transformer (arXiv:2010.11929) of arcface_torch: patches of `patch` pixels, no class token, the embedding from all
/// tokens. In training, a fraction `mask` of the patches skips the blocks (arXiv:2111.06377) and is replaced by a learned token
/// after them; arcface_torch always masks 10 % if its ratio is above 0.
///
/// Weights start normally distributed; arcface_torch truncates them at 100 standard deviations, which none reaches.
backbone vit(width: int, depth: int, heads: int = 8, patch: int = 9, drop: float = 0.1, mask: float = 10%, embedding: int = 512) on Image(112, 112, 3) -> Vector(embedding) {
  let init = normal(0.02)
  let even = uniform(1 / sqrt(patch * patch * input.channels))
  let patches = input |> conv(width, kernel: patch, stride: patch, padding: 0, bias: true, init: even, bias_init: even) as "patch_embed.proj" |> tokens
  let count = patches.tokens
  let place = parameter("pos_embed", [1, count, width], init)
  let hidden = parameter("mask_token", [1, 1, width], init, trainable: mask > 0)
  let all = patches + expand(place, patches.shape)
  let last = if training() and mask > 0 then {
    let order = random_order(all)
    let kept = floor(count * (1 - mask))
    let some = take(all, inverse_order(order) |> slice(dim: 1, start: 0, stop: kept))
    let done = some |> transformers(depth, heads, drop, init)
    concatenate(done, expand(hidden, [done.batch, count - kept, width]), dim: 1) |> take(order)
  } else all |> transformers(depth, heads, drop, init)
  last |> reshape([last.batch, count * width])
    |> linear(width, bias: false, init: init) as "feature.0" |> batch_norm(epsilon: 2e-5) as "feature.1"
    |> linear(embedding, bias: false, init: init) as "feature.2" |> batch_norm(epsilon: 2e-5) as "feature.3"
}

/// The tiny ViT of arcface_torch.
let vit_t = vit(width: 256, depth: 12)
/// The same for WebFace42M: half the stochastic depth, no masks.
let vit_t_dp005_mask0 = vit(width: 256, depth: 12, drop: 0.05, mask: 0)
/// The small ViT of arcface_torch.
let vit_s = vit(width: 512, depth: 12)
/// The same for WebFace42M: half the stochastic depth, no masks.
let vit_s_dp005_mask_0 = vit(width: 512, depth: 12, drop: 0.05, mask: 0)
/// The base ViT of arcface_torch.
let vit_b = vit(width: 512, depth: 24)
/// The same for WebFace42M: half the stochastic depth. The mask is 5 %, as in its name.
let vit_b_dp005_mask_005 = vit(width: 512, depth: 24, drop: 0.05, mask: 5%)
/// The large ViT of arcface_torch, for WebFace42M. The mask is 5 %, as in its name.
let vit_l_dp005_mask_005 = vit(width: 768, depth: 24, drop: 0.05, mask: 5%)
/// The huge ViT of arcface_torch, without masks.
let vit_h = vit(width: 1024, depth: 48, mask: 0)

/// IResNet-2060 of arcface_torch.
let r2060 = iresnet(depths: [3, 128, 896, 3])

test "parameters in millions are those of arcface_torch" {
  assert r18.parameters ≈ 24.03e6
  assert r34.parameters ≈ 34.14e6
  assert r50.parameters ≈ 43.59e6
  assert r100.parameters ≈ 65.16e6
  assert r200.parameters ≈ 118.83e6
  assert r2060.parameters ≈ 1122.30e6
  assert mbf.parameters ≈ 2.06e6
  assert mbf_large.parameters ≈ 6.31e6
  assert vit_t.parameters ≈ 19.14e6
  assert vit_s.parameters ≈ 76.02e6
  assert vit_b.parameters ≈ 113.83e6
  assert vit_l_dp005_mask_005.parameters ≈ 255.68e6
  assert vit_h.parameters ≈ 756.39e6
}

test "multiplications in billions are those of the papers" {
  assert r18.macs ≈ 2.61e9
  assert r34.macs ≈ 4.46e9
  assert r50.macs ≈ 6.31e9
  assert r100.macs ≈ 12.09e9
  assert r200.macs ≈ 23.42e9
  assert vit_b.macs ≈ 11.44e9
}

test "a narrow network is a matter of arguments" {
  let tiny = iresnet(depths: [1, 1, 1, 1], channels: [8, 16, 24, 32], stem: 8, embedding: 64)
  assert tiny.embedding == 64
  assert tiny.parameters < 300000
}
