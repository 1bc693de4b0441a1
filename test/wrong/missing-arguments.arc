use std.backbones: iresnet, mbf
use std.datasets: folder
use std.machines: cpu
use std.margins: arcface

experiment demo {
  dataset = folder()
  backbone = iresnet(embedding: 512)
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd
  }
}
