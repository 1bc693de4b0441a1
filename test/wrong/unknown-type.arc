fn twice(x: integer) -> int { 2 * x }

margin tilted(m: Angle = 0.5 rad, scale: floot = 64) {
  target(cos) = cos(acos(cos) + m)
}
