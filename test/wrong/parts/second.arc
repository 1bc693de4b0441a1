use first: one

let other = one + 1
