margin soft(scale: float = 64) {
  target(cos) = cos
}

let soft = 3

fn half(x: scalar, x: scalar) -> scalar {
  let y = x / 2
  let y = y * 1
  y
}
