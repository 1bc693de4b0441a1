use std.backbones: mbf
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment base {
  dataset = synthetic(identities: 100, per_identity: 8)
  backbone = mbf(embedding: 128)
  margin = arcface
  machine = cpu(devices: 2)
  train { batch = 32 per device, epochs = 2, optimizer = sgd(lr: 0.1) }
}

experiment none extends base { sweep.train.epochs = [] }

experiment twice extends base { sweep { centers.sample_rate = [10%, 30%, 10%] } }

experiment many extends base {
  sweep {
    dataset.identities = for i in 100..200 { i }
    train.seed = 0..200
  }
}

experiment outside extends base { sweep { centers.sample_rate = [50%, 150%] } }
