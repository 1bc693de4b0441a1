use std.backbones: mbf
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment demo {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = mbf(embedding: 128)
  margin = arcface
  machine = cpu(devices: 2)

  train {
    batch = 32 per device
    epochs = 2
    optimizer = sgd(lr: 0.1)
  }
  sweep {
    let counts = [10, 20]
    train.batch = [64 per device, 128 per device]
    train.epochs = 4
    train.optimizer.momentun = [0.8, 0.9]
    train { precision = [f16, half] }
    centres.sample_rate = [10%, 100%]
    dataset.identities = [100, 0.5]
  }
}
