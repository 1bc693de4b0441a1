// WebFace4M: 205,990 people in 4.2 million images, on eight GPUs.

use base: base
use std.backbones: mbf, r100, r50
use std.datasets: wf4m
use std.margins: cosface

/// configs/wf4m_r50.py
experiment wf4m_r50 extends base {
  dataset  = wf4m
  backbone = r50
  margin   = cosface(m: 0.4)
}

/// configs/wf4m_r100.py
experiment wf4m_r100 extends wf4m_r50 { backbone = r100 }

/// configs/wf4m_mbf.py
experiment wf4m_mbf extends wf4m_r50 {
  backbone = mbf
  train.optimizer.weight_decay = 1e-4
}
