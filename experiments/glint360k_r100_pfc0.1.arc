use std.backbones: r100
use std.datasets: glint360k
use std.machines: dgx_v100
use std.margins: cosface

/// Glint360K with one tenth of the class centers in each step (Partial FC, arXiv:2203.15565).
experiment glint360k_r100_pfc0_1 {
  dataset  = glint360k(root: env("GLINT360K"))
  backbone = r100(embedding: 512)
  margin   = cosface(m: 0.4, scale: 64)
  machine  = dgx_v100(nodes: 1)

  centers {
    placement   = shard
    sample_rate = 10%
    update      = sparse
  }

  train {
    batch     = 128 per device
    epochs    = 20
    precision = f16
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 0 epochs)
    clip      = 5
    seed      = 2048
  }

  evaluate { sets = [lfw, cfp_fp, agedb_30], every = 2000 steps }
  checkpoint { every = 1 epochs, keep = 3 }

  require memory.peak < 30 GiB
}
