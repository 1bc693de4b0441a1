use std.margins: arcface, cosface

margin both(m: angle = 0.3 rad) {
  let inner = arcface(m: m)
  let spare = 2 * m
  target(cos) = inner.target(cos)
}
