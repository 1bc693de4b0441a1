block gate(x: Image) -> Image {
  let pooled = x |> average_pool
  x |> conv(pooled.chanels, kernel: 1) |> conv(x.features, kernel: 3)
}
