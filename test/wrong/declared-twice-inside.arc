fn half(x: scalar, x: scalar) -> scalar {
  let y = x / 2
  let y = y * 1
  y
}

margin soft(m: float) {
  target(cos) = cos - m
  target(cos) = cos
}
