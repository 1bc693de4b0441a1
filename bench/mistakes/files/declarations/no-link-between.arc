// A machine of two nodes without a link between them.
//? at: two {
//? suggests: between

use std.backbones: r18
use std.datasets: synthetic
use std.machines: cpu_device
use std.margins: arcface

machine two {
  nodes = 2, devices_per_node = 1, device = cpu_device
  links { within = shared_memory(10 GB/s) }
}
experiment first {
  dataset  = synthetic(identities: 100, per_identity: 10, holdout: 20)
  backbone = r18(embedding: 128)
  margin   = arcface(m: 0.5 rad, scale: 64)
  machine  = two

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
