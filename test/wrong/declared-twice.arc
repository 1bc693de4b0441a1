margin soft(scale: float = 64) {
  target(cos) = cos
}

let soft = 3
