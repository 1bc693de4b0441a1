use std.backbones: mbf
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = arcface()
  margin = mbf(embedding: 128)
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = "two"
    optimizer = 0.1
    seed = 1.5
  }
  machine.local = 1
}
