use std.backbones: mbf
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = mbf(embedding: 128)
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2   # twice is enough
    optimizer = sgd(lr: 0.1)
  }
  machine.local = yes
}
