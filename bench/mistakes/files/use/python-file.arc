// A file of Python.
//? at: "nets

use "nets.py": wide
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment first {
  dataset  = synthetic(identities: 100, per_identity: 10, holdout: 20)
  backbone = wide
  margin   = arcface(m: 0.5 rad, scale: 64)
  machine  = cpu(devices: 2)

  train {
    batch     = 32 per device
    epochs    = 4
    precision = f32
    optimizer = sgd(lr: 0.1, momentum: 0.9)
    schedule  = polynomial(power: 1, warmup: 1 epochs)
    clip      = 5
  }

  evaluate { sets = [holdout], every = 1 epochs }
  checkpoint { every = 1 epochs, keep = 3 }
}
