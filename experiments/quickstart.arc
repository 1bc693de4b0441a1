use std.backbones: iresnet
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

/// A narrow IResNet: quick enough for two cores, good enough to tell generated faces apart.
let narrow = iresnet(depths: [1, 1, 1, 1], channels: [16, 32, 48, 64], stem: 16, embedding: 128)

/// Learns 100 generated faces on this computer, and is verified on 40 that it has never seen.
experiment quickstart {
  dataset  = synthetic(identities: 100, per_identity: 16, holdout: 40)
  backbone = narrow
  margin   = arcface(m: 0.3 rad, scale: 32)
  machine  = cpu(devices: 2)

  train {
    batch     = 64 global
    epochs    = 10
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 1 epochs)
    clip      = 5
  }

  evaluate { sets = [holdout], pairs = 600 }
}
