// A list without its brackets.
//? at:   schedule = multistep(‸4 epochs, 8 epochs, gamma: 0.1, warmup: 1 epochs)
//? suggests: [4 epochs
use std.backbones: mbf, r18
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface, cosface

let recipe = train {
  batch = 64 global
  epochs = 10
  optimizer = adamw(lr: 1e-3, weight_decay: 0.05)
  schedule = multistep(4 epochs, 8 epochs, gamma: 0.1, warmup: 1 epochs)
}

experiment base {
  dataset = synthetic(identities: 100, per_identity: 12, holdout: 40)
  backbone = mbf
  margin = arcface(m: 28 deg)
  machine = cpu(devices: 4)
  train = recipe
  train.clip = 5
  evaluate { sets = [holdout], pairs = 400 }
}

experiment longer extends base {
  train { epochs = 40, optimizer.weight_decay = 0.1 }
  checkpoint.every = 5 epochs
}

experiment searched extends base {
  sweep {
    zip { train.batch = [64 global, 128 global], train.optimizer.lr = [1e-3, 2e-3] }
    margin = [arcface(m: 0.4 rad), cosface(m: 0.35)]
  }
}

experiment small extends longer {
  backbone = r18(embedding: 128)
  train.clip = none
}
