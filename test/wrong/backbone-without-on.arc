backbone plain(width: int = 8) -> Vector(8) {
  input |> conv(width) |> average_pool
}
