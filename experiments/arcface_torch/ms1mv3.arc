// MS1MV3: 93,431 people in 5.2 million images, on eight GPUs.

use base: base
use std.backbones: mbf, r100, r50
use std.datasets: ms1mv3

/// configs/ms1mv3_r50.py
experiment ms1mv3_r50 extends base {
  dataset  = ms1mv3
  backbone = r50
}

/// configs/ms1mv3_r100.py
experiment ms1mv3_r100 extends ms1mv3_r50 { backbone = r100 }

/// configs/ms1mv3_mbf.py
experiment ms1mv3_mbf extends ms1mv3_r50 {
  backbone = mbf
  train { epochs = 40, optimizer.weight_decay = 1e-4 }
}

/// configs/ms1mv3_r50_onegpu.py: one GPU, and a learning rate for its small batch.
experiment ms1mv3_r50_onegpu extends ms1mv3_r50 {
  machine.devices_per_node = 1
  train.optimizer.lr = 0.02
}
