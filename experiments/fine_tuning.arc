use std.backbones: r50
use std.machines: a100_sxm4_80gb
use std.margins: arcface

/// Faces of your own, one folder per person. The last 100 people are held out for verification.
dataset own_faces(root: string = env("FACES")) {
  format = folder, holdout = 100
  identities = 5000, images = 150000
}

/// One GPU.
machine one_a100 {
  nodes = 1, devices_per_node = 1, device = a100_sxm4_80gb, cores = 16
  links { within = nvlink(300 GB/s) }
}

/// Goes on from a network and centers that arcface_torch trained on eight GPUs: people of `classes.csv` keep their centers, new people
/// start at the mean embedding of their pictures, all other old centers are dropped.
experiment fine_tuning {
  dataset  = own_faces
  backbone = r50
  margin   = arcface(m: 0.5 rad, scale: 64)
  machine  = one_a100

  train {
    start     = weights("{env("WEIGHTS")}/checkpoint_gpu_0.pt", classes: "{env("WEIGHTS")}/classes.csv")
    batch     = 128 per device
    epochs    = 4
    optimizer = sgd(lr: 0.01, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1)
    clip      = 5
    precision = bf16
  }

  evaluate { sets = [holdout] }
}
