margin stepped(m: float = 0.35) {
  let steps = [0.1, 0.2]
  target(cos) = {
    let easy = sigmoid(cos)
    let inner = cosine_margin(m: easy)
    inner.target(cos) + steps[cos]
  }
}

margin cosine_margin(m: float) {
  target(cos) = cos - m
}
