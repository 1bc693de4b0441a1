use std.backbones: mbf

experiment bare {
  backbone = mbf(embedding: 128)
  train { epochs = 2 }
}
