// Experiments for timing on one GPU: published networks at 128 images, few and many classes. Images are never generated.

use std.backbones: mbf, r50, r100
use std.datasets: synthetic
use std.machines: dgx_h100
use std.margins: cosface

experiment r50_10k {
  dataset  = synthetic(identities: 10000, per_identity: 10)
  backbone = r50(embedding: 512)
  margin   = cosface(m: 0.4, scale: 64)
  machine  = dgx_h100(nodes: 1)
  machine.devices_per_node = 1
  train {
    batch     = 128 per device
    epochs    = 20
    precision = f16
    optimizer = sgd(lr: 0.02, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 0 epochs)
    clip      = 5
  }
}
experiment r50_10k_bf16 extends r50_10k { train.precision = bf16 }
experiment r50_100k extends r50_10k { dataset = synthetic(identities: 100000, per_identity: 10) }
experiment r50_1m_pfc extends r50_10k {
  dataset = synthetic(identities: 1000000, per_identity: 10)
  centers { sample_rate = 10%, update = sparse }
}
experiment r100_10k extends r50_10k { backbone = r100(embedding: 512) }
experiment r100_360k_pfc extends r100_10k {
  dataset = synthetic(identities: 360232, per_identity: 10)
  centers { sample_rate = 10%, update = sparse }
}
experiment mbf_10k extends r50_10k { backbone = mbf }

/// For the rehearsal on a CPU.
experiment mbf_rehearsal extends mbf_10k {
  dataset = synthetic(identities: 500, per_identity: 4)
  train { batch = 4 per device, precision = f32 }
}
