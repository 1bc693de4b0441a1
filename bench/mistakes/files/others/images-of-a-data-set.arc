// The number of images as arcface_torch names it.
//? at: ‸num_images
//? suggests: images
//? mends: yes

use std.machines: cpu
use std.margins: arcface

backbone small(embedding: int = 32) on Image(112, 112, 3) -> Vector(embedding) {
  input |> conv(8, kernel: 3, stride: 4) |> prelu |> flatten |> linear(embedding)
}

dataset people {
  format = folder, root = "people"
  identities = 400, num_images = 9000
}

experiment faces {
  dataset  = people
  backbone = small
  margin   = arcface(m: 0.3 rad, scale: 32)
  machine  = cpu(devices: 2)

  train {
    batch     = 16 global
    epochs    = 2
    optimizer = sgd(lr: 0.1, momentum: 0.9)
    schedule  = polynomial(power: 1)
  }

  evaluate { sets = ["people/lfw.bin"] }
}
