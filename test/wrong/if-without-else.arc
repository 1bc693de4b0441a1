/// Leaves the cosine of easy samples alone.
margin timid(m: float = 0.35) {
  target(cos) = if cos > 0.9 then cos - m
}
