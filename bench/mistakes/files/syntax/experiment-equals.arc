// An experiment with `=`.
//? at: experiment faces ‸= {
//? suggests: {
//? mends: yes
// ported from our PyTorch repo (train_face.py)
use std.backbones: r50
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

let embedding_size = 256
let base_lr = 0.1

experiment faces = {
  dataset  = synthetic(identities: 500, per_identity: 10, holdout: 60)
  backbone = r50(embedding: embedding_size)
  margin   = arcface(m: 0.5 rad, scale: 64)
  machine  = cpu(devices: 2)

  centers {
    placement   = shard
    sample_rate = 30%
    weights     = f32
  }

  train {
    batch     = 32 per device
    epochs    = 12
    precision = f32
    optimizer = sgd(lr: base_lr, momentum: 0.9, weight_decay: 5e-4, nesterov: true)
    schedule  = cosine(warmup: 2 epochs)
    augment   = [flip(), crop(0.2, scale: 0.8), cutout(0.1)]
    average   = ema(decay: 0.999)
    clip      = 5
    label_smoothing = 0.1
    workers   = 4
    seed      = 42
  }

  evaluate { sets = [holdout], every = 4 epochs, pairs = 600 }
  checkpoint { every = 2 epochs, keep = 2, best = "holdout" }
  log { tensorboard = true }
}
