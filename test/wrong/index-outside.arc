use std.backbones: iresnet
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = iresnet(depths: [1, 1, 1, 1, 1])
  margin = arcface()
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd(lr: 0.1)
  }
}
