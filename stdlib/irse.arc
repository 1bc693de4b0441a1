// IR-SE: IResNet with squeeze and excitation, with the parameter paths of the PyTorch repositories that made it known
// (InsightFace_Pytorch, face.evoLVe).

/// A unit of IR-SE (arXiv:1801.07698, section 3.2.2): the shortcut is every `stride`-th pixel while the width stays; the branch ends
/// with squeeze and excitation if `excite`.
block ir_unit(x: Image, channels: int, stride: int = 1, excite: bool = true, activation: block = prelu) -> Image {
  let skip = if x.channels == channels then x |> max_pool(kernel: 1, stride: stride)
             else x |> conv(channels, kernel: 1, stride: stride) as "shortcut_layer.0" |> batch_norm as "shortcut_layer.1"
  let main = x |> batch_norm as "res_layer.0" |> conv(channels, kernel: 3) as "res_layer.1" |> activation as "res_layer.2"
               |> conv(channels, kernel: 3, stride: stride) as "res_layer.3" |> batch_norm as "res_layer.4"
  skip + (if excite then main |> squeeze_excite(reduction: 16) as "res_layer.5" else main)
}

/// IR and IR-SE for face recognition: squeeze and excitation (arXiv:1709.01507) in the residual network of arXiv:1801.07698.
/// `depths` are the numbers of units of the four stages, each of which halves the image; before the embedding, `dropout` of the
/// features are 0 in training.
backbone ir(depths: [int], excite: bool = false, embedding: int = 512, channels: [int] = [64, 128, 256, 512], stem: int = 64, dropout: float = 0.4, activation: block = prelu) on Image(112, 112, 3) -> Vector(embedding) {
  let first = input |> conv(stem, kernel: 3) as "input_layer.0" |> batch_norm as "input_layer.1" |> activation as "input_layer.2"
  let starts = for stage in 0..len(depths) { sum(for before in 0..stage { depths[before] }) }
  let last = for stage in 0..len(depths) carry x = first {
    for index in 0..depths[stage] carry y = x {
      y |> ir_unit(channels[stage], stride: if index == 0 then 2 else 1, excite: excite, activation: activation) as "body.{starts[stage] + index}"
    }
  }
  last |> batch_norm as "output_layer.0" |> dropout(rate: dropout) as "output_layer.1" |> flatten
    |> linear(embedding, precise: true) as "output_layer.3" |> batch_norm as "output_layer.4"
}

/// IR-50, without squeeze and excitation.
let ir50 = ir(depths: [3, 4, 14, 3])
/// IR-101, without squeeze and excitation.
let ir101 = ir(depths: [3, 13, 30, 3])
/// IR-152, without squeeze and excitation.
let ir152 = ir(depths: [3, 8, 36, 3])
/// IR-SE-50.
let ir_se50 = ir(depths: [3, 4, 14, 3], excite: true)
/// IR-SE-101.
let ir_se101 = ir(depths: [3, 13, 30, 3], excite: true)
/// IR-SE-152.
let ir_se152 = ir(depths: [3, 8, 36, 3], excite: true)

test "parameters in millions are those of the PyTorch repositories" {
  assert ir50.parameters ≈ 43.57e6
  assert ir_se50.parameters ≈ 43.80e6
  assert ir_se101.parameters ≈ 65.53e6
}
