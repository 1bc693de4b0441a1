use parts.first: one

let two = one + 1
