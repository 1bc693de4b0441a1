// Glint360K: 360,232 people in 17 million images, on eight GPUs.

use base: base
use std.backbones: mbf, r100, r50
use std.datasets: glint360k
use std.margins: cosface

/// configs/glint360k_r50.py
experiment glint360k_r50 extends base {
  dataset  = glint360k
  backbone = r50
  margin   = cosface(m: 0.4)
  train.optimizer.weight_decay = 1e-4
}

/// configs/glint360k_r100.py
experiment glint360k_r100 extends glint360k_r50 { backbone = r100 }

/// configs/glint360k_mbf.py
experiment glint360k_mbf extends glint360k_r50 { backbone = mbf }
