// The Swin transformer, with the parameter paths of its authors' state dicts.

/// Images as the tokens of windows of `side` by `side` pixels: [N·windows, side², C], window by window, row by row.
fn windows_of(x: Image, side: int) -> Tokens {
  let rows = x.height div side
  let columns = x.width div side
  x |> reshape([x.batch, rows, side, columns, side, x.channels]) |> permute([0, 1, 3, 2, 4, 5])
    |> reshape([x.batch * rows * columns, side * side, x.channels])
}

/// The inverse of `windows_of`, for images of the shape of `like`.
fn from_windows(x: Tokens, like: Image, side: int) -> Image {
  let rows = like.height div side
  let columns = like.width div side
  x |> reshape([like.batch, rows, columns, side, side, x.channels]) |> permute([0, 1, 3, 2, 4, 5]) |> reshape(like.shape)
}

/// x moved by `down` and `across` pixels towards the top and the left; what leaves the image returns on the other side.
fn rolled(x: Image, down: int, across: int) -> Image {
  let moved = concatenate(slice(x, dim: 1, start: down, stop: x.height), slice(x, dim: 1, start: 0, stop: down), dim: 1)
  concatenate(slice(moved, dim: 2, start: across, stop: x.width), slice(moved, dim: 2, start: 0, stop: across), dim: 2)
}

/// For a window of `side`, the bias of each pair of pixels [heads, side², side²] from a table with a row for each difference of
/// their positions.
fn relative_bias(heads: int, side: int) -> Tensor {
  let span = 2 * side - 1
  let table = parameter("relative_position_bias_table", [span * span, heads], normal(0.02))
  let differences = for pair in 0..side * side { pair div side - pair mod side + side - 1 }
  table |> reshape([span, span, heads]) |> gather(differences, dim: 0) |> gather(differences, dim: 1)
    |> reshape([side, side, side, side, heads]) |> permute([4, 0, 2, 1, 3]) |> reshape([1, heads, side * side, side * side])
}

/// In a shifted image, pixels of one window that were not neighbors before: -100 for each such pair, [windows, 1, side², side²].
fn shift_mask(x: Image, side: int, shift: int) -> Tensor {
  let part = for row in 0..x.height { if row < x.height - side then 0 else if row < x.height - shift then 1 else 2 }
  let across = for column in 0..x.width { if column < x.width - side then 0 else if column < x.width - shift then 1 else 2 }
  let parts = reshape(constant(part), [1, x.height, 1, 1]) * 3 + reshape(constant(across), [1, 1, x.width, 1])
  let own = windows_of(parts, side)
  let apart = reshape(own, [own.batch, 1, side * side, 1]) - reshape(own, [own.batch, 1, 1, side * side])
  -100 * min(abs(apart), 1)
}

/// Self-attention within windows of `side` pixels, which are `shift` pixels further down and right than the whole image's
/// (arXiv:2103.14030, section 3.2), with biases for relative positions (equation 4).
block window_attention(x: Image, heads: int, side: int, shift: int, init: initializer) -> Image {
  let width = x.channels div heads
  let seen = windows_of(if shift == 0 then x else rolled(x, shift, shift), side)
  let joint = seen |> linear(3 * x.channels, init: init, bias_init: zeros()) as qkv
                   |> reshape([seen.batch, seen.tokens, 3, heads, width]) |> permute([2, 0, 3, 1, 4])
  let part = for index in 0..3 { slice(joint, dim: 0, start: index, stop: index + 1) |> reshape([seen.batch, heads, seen.tokens, width]) }
  let all = matmul(part[0], part[1], transposed: true, wide: true) / sqrt(width) + relative_bias(heads, side)
  let windows = seen.batch div x.batch
  let scores = if shift == 0 then all else {
    let mask = reshape(shift_mask(x, side, shift), [1, windows, 1, seen.tokens, seen.tokens])
    reshape(reshape(all, [x.batch, windows, heads, seen.tokens, seen.tokens]) + mask, all.shape)
  }
  let mixed = matmul(softmax(scores), part[2]) |> permute([0, 2, 1, 3]) |> reshape(seen.shape)
                |> linear(x.channels, init: init, bias_init: zeros()) as proj
  let image = from_windows(mixed, x, side)
  if shift == 0 then image else rolled(image, x.height - shift, x.width - shift)
}

/// Two layers on each pixel, with a GELU between them.
block pixel_perceptron(x: Image, width: int, activation: block, init: initializer) -> Image {
  x |> tokens |> linear(width, init: init, bias_init: zeros()) as fc1 |> activation as act
    |> linear(x.channels, init: init, bias_init: zeros()) as fc2 |> reshape(x.shape)
}

/// A block of the Swin transformer (arXiv:2103.14030, equation 3).
block swin_block(x: Image, heads: int, side: int, shift: int, drop: float, activation: block, init: initializer) -> Image {
  let seen = x + (x |> layer_norm as norm1 |> window_attention(heads, side, shift, init) as attn |> drop_path(drop))
  seen + (seen |> layer_norm as norm2 |> pixel_perceptron(4 * x.channels, activation, init) as mlp |> drop_path(drop))
}

/// Halves an image: the channels of each 2×2 pixels, column by column, to twice the channels of one.
block patch_merging(x: Image, init: initializer) -> Image {
  let rows = x.height div 2
  let columns = x.width div 2
  let joint = x |> reshape([x.batch, rows, 2, columns, 2, x.channels]) |> permute([0, 1, 3, 4, 2, 5])
                |> reshape([x.batch, rows * columns, 4 * x.channels])
  joint |> layer_norm as norm |> linear(2 * x.channels, bias: false, init: init) as reduction
    |> reshape([x.batch, rows, columns, 2 * x.channels])
}

/// The Swin transformer (arXiv:2103.14030): attention within windows of `window` pixels, shifted in every other block. With patches of
/// 2 pixels, images of 112 pixels have the same stages as the paper's of 224 with patches of 4, as in SwinFace (arXiv:2308.11509).
/// The probability that a sample skips a branch grows from 0 to `drop`.
backbone swin(depths: [int], heads: [int], width: int = 96, patch: int = 2, window: int = 7, drop: float = 0.2, embedding: int = 512, activation: block = gelu) on Image(112, 112, 3) -> Vector(embedding) {
  let init = normal(0.02)
  let even = uniform(1 / sqrt(patch * patch * input.channels))
  let starts = for stage in 0..len(depths) { sum(for before in 0..stage { depths[before] }) }
  let count = sum(depths)
  let first = input |> conv(width, kernel: patch, stride: patch, padding: 0, bias: true, init: even, bias_init: even) as "patch_embed.proj"
                    |> layer_norm as "patch_embed.norm"
  let last = for stage in 0..len(depths) carry x = first {
    let side = min(window, x.height)
    let mixed = for index in 0..depths[stage] carry y = x {
      y |> swin_block(
        heads[stage], side: side, shift: if index mod 2 == 1 and side < x.height then side div 2 else 0,
        drop: drop * (starts[stage] + index) / max(count - 1, 1), activation: activation, init: init,
      ) as "layers.{stage}.blocks.{index}"
    }
    if stage + 1 < len(depths) then mixed |> patch_merging(init) as "layers.{stage}.downsample" else mixed
  }
  to_f32(last) |> layer_norm as norm |> average_pool |> linear(embedding, init: init, bias_init: zeros(), precise: true) as head
}

/// Swin-T.
let swin_t = swin(depths: [2, 2, 6, 2], heads: [3, 6, 12, 24])
/// Swin-S.
let swin_s = swin(depths: [2, 2, 18, 2], heads: [3, 6, 12, 24], drop: 0.3)
/// Swin-B.
let swin_b = swin(depths: [2, 2, 18, 2], heads: [4, 8, 16, 32], width: 128, drop: 0.5)

test "parameters are those of the paper's networks, with smaller patches and another last layer" {
  let classes = 1000
  // Filters of 2×2 instead of 4×4 pixels.
  let tiny = 28288354 - (768 + 1) * classes + (768 + 1) * 512 - 96 * 3 * 12
  assert swin_t.parameters == tiny
  let small = 49606258 - (768 + 1) * classes + (768 + 1) * 512 - 96 * 3 * 12
  assert swin_s.parameters == small
  let base = 87768224 - (1024 + 1) * classes + (1024 + 1) * 512 - 128 * 3 * 12
  assert swin_b.parameters == base
}
