let depth = width + 1
let width = 2 * depth
let a = a
