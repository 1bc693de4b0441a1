let scale = 64
let logits = scale(2)
let first = scale[0]
let half = [1, 2].first
