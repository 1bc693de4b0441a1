/// The basic block of IResNet (arXiv:1801.07698).
block residual(x: Image, channels: int, stride: int = 1) -> Image {
  let main = x |> batch_norm as bn1 |> conv(channels, kernel: 3) as conv1 |> prelu
               |> conv(channels, kernel: 3, stride: stride) |> batch_norm as "bn{2 + 1}"
  /// The way around.
  let skip = if stride == 1 and x.channels == channels then x
             else x |> conv(channels, kernel: 1, stride: stride) |> batch_norm
  main + skip
}

backbone iresnet(depths: [int], embedding: int = 512) on Image(112, 112, 3) -> Vector(embedding) {
  let stem = input |> conv(64, kernel: 3) |> batch_norm |> prelu
  let body = for stage in 0..4 carry x = stem {
    for index in 0..depths[stage] carry y = x {
      residual(y, 64 * 2 ** stage, stride: if index == 0 then 2 else 1) as "layer{stage + 1}.{index}"
    }
  }
  body |> flatten |> linear(embedding)
}
backbone tiny on picture: Image -> Vector(8) { picture |> flatten |> linear(8) }
let r50 = iresnet(depths: [3, 4, 14, 3])

extern fn conv(x: Image, channels: int, kernel: int = 3, stride: int = 1, bias: bool = false) -> Image
extern fn relu(x: Tensor?) -> Tensor
fn square(x: float) -> float = x * x
fn mean(xs: [float]) = sum(xs) / length(xs)

test "r50 has 43.59 M parameters" {
  let count = r50.parameters
  assert count ≈ 43.59e6
  assert not (count ~= 0) or count mod 2 != 1 and -count ** 2 <= 0.5
}
