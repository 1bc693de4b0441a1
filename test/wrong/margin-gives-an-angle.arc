margin arc(m: angle = 0.5 rad) {
  target(cos) = acos(cos) + m
  other(cos) = cos + m
}
