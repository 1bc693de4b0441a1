block squeeze(x: Image, channels: int) -> Image {
  let inner = x |> conv(channels / 4, kernel: 1) |> conv(channels, kernel: 3.0)
  inner + x
}
