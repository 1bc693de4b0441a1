block tower(x: Image, depths: [int]) -> Image {
  for depth in depths carry y = x {
    depth + 1
  }
}

let total = for i in 3 carry sum = 0 { sum + i }
