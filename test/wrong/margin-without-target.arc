margin empty(m: angle = 0.5 rad) {
  let twice = 2 * m
  traget(cos) = cos(acos(cos) + twice)
}

margin nothing {
  scale = 30
}
