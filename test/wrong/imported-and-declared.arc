use std.margins: arcface, cosface
use std.margins: cosface

margin arcface(m: angle = 0.4 rad) {
  target(cos) = cos(acos(cos) + m)
}

margin gentle(m: float = 0.1) {
  let inner = cosface(m: m)
  target(cos) = inner.target(cos)
}
