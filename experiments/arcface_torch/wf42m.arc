// WebFace42M: 2,059,906 people in 42 million images, convolutional networks on one to four computers with eight GPUs each.

use base: base
use std.backbones: mbf, r100, r18, r200, r50
use std.datasets: wf42m
use std.machines: dgx_v100
use std.margins: cosface

/// configs/wf42m_pfc02_r100.py
experiment wf42m_pfc02_r100 extends base {
  dataset  = wf42m
  backbone = r100
  margin   = cosface(m: 0.4)
  centers.sample_rate = 20%
  evaluate.every = 10000 steps
}

/// configs/wf42m_pfc02_r100_16gpus.py
experiment wf42m_pfc02_r100_16gpus extends wf42m_pfc02_r100 {
  machine = dgx_v100(nodes: 2)
  train { optimizer.lr = 0.2, schedule.warmup = 2 epochs }
}

/// configs/wf42m_pfc02_r100_32gpus.py
experiment wf42m_pfc02_r100_32gpus extends wf42m_pfc02_r100_16gpus {
  machine = dgx_v100(nodes: 4)
  train.optimizer.lr = 0.4
}

/// configs/wf42m_pfc02_16gpus_r100.py
experiment wf42m_pfc02_16gpus_r100 extends wf42m_pfc02_r100_16gpus {
  train { batch = 256 per device, optimizer.lr = 0.3, schedule.warmup = 1 epochs }
  evaluate.every = 2000 steps
}

/// configs/wf42m_pfc02_8gpus_r50_bs4k.py
experiment wf42m_pfc02_8gpus_r50_bs4k extends wf42m_pfc02_r100 {
  backbone = r50
  train { batch = 512 per device, optimizer.lr = 0.4, schedule.warmup = 2 epochs }
}

/// configs/wf42m_pfc02_16gpus_r50_bs8k.py
experiment wf42m_pfc02_16gpus_r50_bs8k extends wf42m_pfc02_8gpus_r50_bs4k {
  machine = dgx_v100(nodes: 2)
  train { optimizer.lr = 0.6, schedule.warmup = 4 epochs }
}

/// configs/wf42m_pfc02_32gpus_r50_bs4k.py
experiment wf42m_pfc02_32gpus_r50_bs4k extends wf42m_pfc02_8gpus_r50_bs4k {
  machine = dgx_v100(nodes: 4)
  train.batch = 128 per device
}

/// configs/wf42m_pfc02_16gpus_mbf_bs8k.py
experiment wf42m_pfc02_16gpus_mbf_bs8k extends wf42m_pfc02_8gpus_r50_bs4k {
  machine  = dgx_v100(nodes: 2)
  backbone = mbf
  train.optimizer.weight_decay = 1e-4
  evaluate.sets = []
}

/// configs/wf42m_pfc0008_32gpu_r100.py: only the classes of the batch, 0.8 % of them.
experiment wf42m_pfc0008_32gpu_r100 extends wf42m_pfc02_r100_32gpus {
  centers.sample_rate = 0%
  train.batch = 512 per device
  evaluate.every = 2000 steps
}

/// configs/wf42m_pfc03_32gpu_r100.py
experiment wf42m_pfc03_32gpu_r100 extends wf42m_pfc02_r100_32gpus {
  centers.sample_rate = 30%
  evaluate.every = 2000 steps
}

/// configs/wf42m_pfc03_32gpu_r18.py
experiment wf42m_pfc03_32gpu_r18 extends wf42m_pfc03_32gpu_r100 { backbone = r18 }

/// configs/wf42m_pfc03_32gpu_r50.py
experiment wf42m_pfc03_32gpu_r50 extends wf42m_pfc03_32gpu_r100 { backbone = r50 }

/// configs/wf42m_pfc03_32gpu_r200.py
experiment wf42m_pfc03_32gpu_r200 extends wf42m_pfc03_32gpu_r100 { backbone = r200 }
