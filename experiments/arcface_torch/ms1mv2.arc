// MS1MV2: 85,742 people in 5.8 million images, on eight GPUs.

use base: base
use std.backbones: mbf, r100, r50
use std.datasets: ms1mv2

/// configs/ms1mv2_r50.py
experiment ms1mv2_r50 extends base {
  dataset  = ms1mv2
  backbone = r50
}

/// configs/ms1mv2_r100.py
experiment ms1mv2_r100 extends ms1mv2_r50 { backbone = r100 }

/// configs/ms1mv2_mbf.py
experiment ms1mv2_mbf extends ms1mv2_r50 {
  backbone = mbf
  train { epochs = 40, optimizer.weight_decay = 1e-4 }
}
