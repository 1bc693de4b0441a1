// WebFace42M: 2,059,906 people in 42 million images, vision transformers on one to eight computers with eight GPUs each.

use base: base
use std.backbones: vit_b_dp005_mask_005, vit_h, vit_l_dp005_mask_005, vit_s_dp005_mask_0, vit_t_dp005_mask0
use std.datasets: wf42m
use std.machines: dgx_a100
use std.margins: cosface

/// configs/wf42m_pfc03_40epoch_64gpu_vit_t.py
experiment wf42m_pfc03_40epoch_64gpu_vit_t extends base {
  dataset  = wf42m
  backbone = vit_t_dp005_mask0
  margin   = cosface(m: 0.4)
  machine  = dgx_a100(nodes: 8)
  centers.sample_rate = 30%

  train {
    batch     = 384 per device
    epochs    = 40
    optimizer = adamw(lr: 0.001, weight_decay: 0.1)
    schedule  = polynomial(power: 1, warmup: 4 epochs)
  }

  evaluate.sets = []
}

/// configs/wf42m_pfc03_40epoch_64gpu_vit_s.py
experiment wf42m_pfc03_40epoch_64gpu_vit_s extends wf42m_pfc03_40epoch_64gpu_vit_t { backbone = vit_s_dp005_mask_0 }

/// configs/wf42m_pfc03_40epoch_64gpu_vit_b.py
experiment wf42m_pfc03_40epoch_64gpu_vit_b extends wf42m_pfc03_40epoch_64gpu_vit_t {
  backbone        = vit_b_dp005_mask_005
  train.recompute = blocks
}

/// configs/wf42m_pfc03_40epoch_64gpu_vit_l.py
experiment wf42m_pfc03_40epoch_64gpu_vit_l extends wf42m_pfc03_40epoch_64gpu_vit_b { backbone = vit_l_dp005_mask_005 }

/// configs/wf42m_pfc03_40epoch_8gpu_vit_t.py
experiment wf42m_pfc03_40epoch_8gpu_vit_t extends wf42m_pfc03_40epoch_64gpu_vit_t {
  machine     = dgx_a100(nodes: 1)
  train.batch = 512 per device
}

/// configs/wf42m_pfc03_40epoch_8gpu_vit_b.py: the batch of the 64 GPUs, in twelve parts.
experiment wf42m_pfc03_40epoch_8gpu_vit_b extends wf42m_pfc03_40epoch_64gpu_vit_b {
  machine = dgx_a100(nodes: 1)
  train { batch = 24576 global, accumulate = 12 }
}

/// configs/wf42m_pfc02_vit_h.py. It does not give the number of GPUs; 32 result in the others' batch.
experiment wf42m_pfc02_vit_h extends wf42m_pfc03_40epoch_64gpu_vit_b {
  backbone = vit_h
  machine  = dgx_a100(nodes: 4)
  centers.sample_rate = 50%
  train { batch = 768 per device, epochs = 16, schedule.warmup = 2 epochs, augment = dali() }
}
