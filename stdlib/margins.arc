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
  scale = inner.scale, loss = inner.loss
  require threshold > -1 and threshold <= 1
  target(cos) = inner.target(cos)
  other(cos) = if cos > threshold then 0 else inner.other(cos)
}

/// `x`, but at least `low` and at most `high`.
fn clamp(x: scalar, low: float, high: float) -> scalar = min(max(x, low), high)

/// SphereFace (arXiv:1704.08063, equation 7): multiplies the angle to the true class by `m`, and falls on beyond 180 degrees. The authors'
/// later code (opensphere) is this with `centers.gradient = straight_through`.
margin sphereface(m: float = 1.5, scale: float = 64) {
  require m >= 1
  target(cos) {
    let turns = floor(m * acos(cos) / 180 deg)
    let sign = 1 - 2 * (turns - 2 * floor(turns / 2))
    sign * cos(m * acos(cos)) - 2 * turns
  }
}

/// AdaFace (arXiv:2204.00964, section 3.3): a larger margin for embeddings that are long for their batch, those of good pictures.
margin adaface(m: float = 0.4, h: float = 0.333, pace: float = 0.01, scale: float = 64) {
  require m >= 0 and m < 1 and h > 0 and pace > 0 and pace <= 1
  state mean = 20, state spread = 100
  target(cos, norm) {
    let quality = clamp((detach(ada_length(norm)) - mean) / (spread + 1e-3) * h, -1, 1)
    let angle = acos(clamp(cos, -0.999, 0.999)) - m * quality * 1 rad
    cos(min(max(angle, 1e-3 rad), 180 deg - 1e-3 rad)) - (m + m * quality)
  }
  other(cos) = clamp(cos, -0.999, 0.999)
  update(norm) = { mean = moving_average(mean, average(ada_length(norm)), pace), spread = moving_average(spread, deviation(ada_length(norm)), pace) }
}

/// The length of an embedding in AdaFace.
fn ada_length(norm: scalar) -> scalar = clamp(norm, 0.001, 100)

/// `old`, moved towards `new` by a part `pace` of the way.
fn moving_average(old: scalar, new: scalar, pace: float) -> scalar = (1 - pace) * old + pace * new

/// MagFace (arXiv:2103.06627, equations 4 and 5): a margin from `low` to `high` that grows with the length of the embedding, and a
/// `penalty`, times `weight`, for short ones.
margin magface(low: angle = 0.45 rad, high: angle = 0.8 rad, shortest: float = 10, longest: float = 110, weight: float = 35, scale: float = 64) {
  require low >= 0 rad and low <= high and high < 90 deg
  require shortest > 0 and shortest < longest and weight >= 0
  target(cos, norm) {
    let m = low + (high - low) * (clamp(norm, shortest, longest) - shortest) / (longest - shortest)
    if cos > 0 then cos(acos(cos) + m) else cos
  }
  penalty(norm) = weight * (clamp(norm, shortest, longest) / longest ** 2 + 1 / clamp(norm, shortest, longest))
}

/// CurricularFace (arXiv:2004.00288, equations 8 and 9): ArcFace in which classes that are nearer than the true one with its margin count
/// more, the better the network becomes: `t` follows the mean cosine of the true classes.
margin curricularface(m: angle = 0.5 rad, pace: float = 0.01, scale: float = 64) {
  require m >= 0 rad and m < 90 deg and pace > 0 and pace <= 1
  state t = 0
  target(cos) = if cos > cos(180 deg - m) then cos(acos(cos) + m) else cos - m / 1 rad * sin(180 deg - m)
  other(cos, own) = if cos > cos(acos(own) + m) then cos * (t + cos) else cos
  update(own) = { t = moving_average(t, average(own), pace) }
}

/// MV-softmax with ArcFace's margin (arXiv:1912.00833, equations 5 and 7): classes that are nearer than the true one with its margin
/// count more, by `weight`.
margin mv_arcface(m: angle = 0.35 rad, weight: float = 1.12, scale: float = 32) {
  require m >= 0 rad and m < 90 deg and weight >= 1
  target(cos) = if cos > 0 then cos(acos(cos) + m) else cos
  other(cos, own) = if cos > cos(acos(own) + m) then weight * cos + weight - 1 else cos
}

/// The same with CosFace's margin.
margin mv_cosface(m: float = 0.35, weight: float = 1.12, scale: float = 32) {
  require m >= 0 and m < 2 and weight >= 1
  target(cos) = if cos > m then cos - m else cos
  other(cos, own) = if cos > own - m then weight * cos + weight - 1 else cos
}

/// ElasticFace-Arc (arXiv:2109.09416, equation 5): ArcFace with a margin of its own for each picture in each step, normally distributed.
margin elastic_arcface(m: angle = 0.5 rad, spread: angle = 0.0125 rad, scale: float = 64) {
  require m >= 0 rad and m < 90 deg and spread >= 0 rad
  target(cos, noise) = cos(acos(cos) + m + spread * noise)
}

/// ElasticFace-Cos (equation 6): CosFace likewise.
margin elastic_cosface(m: float = 0.35, spread: float = 0.0125, scale: float = 64) {
  require m >= 0 and m < 2 and spread >= 0
  target(cos, noise) = cos - m - spread * noise
}

/// Circle loss for classes (arXiv:2002.10857, equation 8): each logit is weighted by its distance from the best value.
margin circle(m: float = 0.25, scale: float = 256) {
  require m > 0 and m < 1
  target(cos) = max(1 + m - detach(cos), 0) * (cos - (1 - m))
  other(cos) = max(detach(cos) + m, 0) * (cos - m)
}

/// UniFace's unified cross entropy (ICCV 2023, equation 10): one threshold for all classes, which is learned and starts at log(10 · classes).
margin uniface(m: float = 0.4, scale: float = 64) {
  require m >= 0 and m < 2
  loss = sigmoid
  learn bias = log(10 * classes)
  target(cos) = clamp(cos - m - bias / scale, -1, 1)
  other(cos) = clamp(cos - bias / scale, -1, 1)
}

/// LDAM (arXiv:1906.07413, equation 13): CosFace with a larger margin for classes with fewer pictures, in proportion to n^(-1/4), and `m`
/// for the class with the fewest.
margin ldam(m: float = 0.5, scale: float = 30) {
  require m >= 0 and m < 2
  target(cos, count, fewest) = cos - m * (fewest / count) ** 0.25
}

/// The weights of KappaFace (arXiv:2201.07394) that depend on numbers of pictures, without those that depend on the concentration of a
/// class's embeddings (its γ is 0): ArcFace with a margin near 0 for the class with the most pictures, and near `m` for the rarest.
margin kappaface_counts(m: angle = 0.62 rad, scale: float = 64) {
  require m >= 0 rad and m < 90 deg
  target(cos, count, most) = cos(acos(cos) + m * (1 + cos(180 deg * count / (1.05 * most))) / 2)
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

test "sphereface goes on falling beyond 180 degrees" {
  assert abs(sphereface(m: 1.5).target(cos(1)) - cos(1.5)) < 1e-9
  assert abs(sphereface(m: 1.5).target(-0.999) - (-cos(1.5 * acos(-0.999)) - 2)) < 1e-9
}

test "adaface at the mean length is half an additive margin" {
  assert abs(adaface(m: 0.4).target(0.5, norm: 20) - 0.1) < 1e-9
  assert adaface(m: 0.4).target(0.5, norm: 80) < adaface(m: 0.4).target(0.5, norm: 5)
  assert abs(adaface(pace: 0.5).update(norm: 40).mean - 30) < 1e-9
}

test "magface gives long embeddings a larger margin and a smaller penalty" {
  assert abs(magface().target(cos(0.5), norm: 10) - cos(0.95)) < 1e-9
  assert abs(magface().target(cos(0.5), norm: 200) - cos(1.3)) < 1e-9
  assert magface().penalty(norm: 110) < magface().penalty(norm: 20)
}

test "curricularface and MV-softmax weight what is nearer than the true class with its margin" {
  assert abs(curricularface().other(0.5, own: 0.6) - 0.25) < 1e-9
  assert curricularface().other(0.1, own: 0.9) == 0.1
  assert abs(mv_cosface().other(0.5, own: 0.6) - 0.68) < 1e-9
  assert mv_arcface().other(0.1, own: 0.9) == 0.1
}

test "elastic margins follow the noise" {
  assert abs(elastic_arcface(m: 0.5 rad, spread: 0.1 rad).target(cos(0.5), noise: -1) - cos(0.9)) < 1e-9
  assert abs(elastic_cosface(m: 0.35, spread: 0.1).target(0.5, noise: 1) - 0.05) < 1e-9
}

test "uniface moves both sides by its threshold" {
  let margin = uniface(scale: 10)
  assert abs(margin.other(0.9, classes: 100) - (0.9 - log(1000) / 10)) < 1e-9
  assert abs(margin.target(0.9, classes: 100) - (0.5 - log(1000) / 10)) < 1e-9
}

test "rare classes have larger margins" {
  assert abs(ldam(m: 0.5).target(0.6, count: 160, fewest: 10) - 0.35) < 1e-9
  assert abs(kappaface_counts(m: 0.5 rad).target(cos(0.5), count: 105, most: 200) - cos(0.75)) < 1e-9
}
