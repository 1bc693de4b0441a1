block head(x: Image, embedding: int) -> Vector {
  x |> flatten |> conv(embedding, kernel: 1)
}
