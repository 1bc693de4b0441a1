// Margins: how the cosine between an embedding and its class center is transformed before the softmax.

/// ArcFace (arXiv:1801.07698, equation 3): increases the angle to the true class by `m`.
margin arcface(m: angle = 0.5 rad, scale: float = 64) {
  require m >= 0 rad and m < 90 deg
  target(cos) = cos(acos(cos) + m)
}

/// CosFace (arXiv:1801.09414, equation 4): decreases the cosine of the true class by `m`.
margin cosface(m: float = 0.4, scale: float = 64) {
  require m >= 0 and m < 2
  target(cos) = cos - m
}

/// The combined margin (arXiv:1801.07698, equation 4): cos(m1·θ + m2) - m3. SphereFace is m1 alone, ArcFace m2, CosFace m3.
margin combined(m1: float = 1, m2: angle = 0 rad, m3: float = 0, scale: float = 64) {
  require m1 >= 1 and m2 >= 0 rad and m2 < 90 deg and m3 >= 0 and m3 < 2
  target(cos) = cos(m1 * acos(cos) + m2) - m3
}

/// Interclass filtering (arXiv:2203.15565, section 3.3): another class that is closer than `threshold` is most likely the same
/// person with a wrong label, so its logit is 0. Usage: `cosface(m: 0.4) |> interclass_filter(threshold: 0.4)`.
margin interclass_filter(inner: margin, threshold: float) {
  scale = inner.scale
  require threshold > -1 and threshold <= 1
  target(cos) = inner.target(cos)
  other(cos) = if cos > threshold then 0 else inner.other(cos)
}

test "arcface adds to the angle" {
  assert abs(arcface(m: 0.5 rad).target(cos(1)) - cos(1.5)) < 1e-9
  assert arcface(m: 30 deg).target(1) ≈ sqrt(3) / 2
}

test "cosface subtracts from the cosine" {
  assert abs(cosface(m: 0.35).target(0.7) - 0.35) < 1e-9
}

test "the combined margin is all three at once" {
  assert abs(combined(m1: 1.2, m2: 0.3 rad, m3: 0.1).target(cos(0.5)) - (cos(0.9) - 0.1)) < 1e-9
  assert abs(combined(m2: 0.5 rad).target(0.3) - arcface(m: 0.5 rad).target(0.3)) < 1e-9
  assert abs(combined(m3: 0.4).target(0.3) - cosface(m: 0.4).target(0.3)) < 1e-9
}

test "the filter drops what is too close, and keeps the margin" {
  let filtered = cosface(m: 0.4, scale: 32) |> interclass_filter(threshold: 0.4)
  assert filtered.scale == 32
  assert filtered.other(0.5) == 0
  assert filtered.other(0.3) == 0.3
  assert abs(filtered.target(0.5) - 0.1) < 1e-9
}
