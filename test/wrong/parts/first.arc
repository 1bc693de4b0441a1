use second: other

let one = other + 1
