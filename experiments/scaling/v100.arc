// Limits of eight V100s with 32 GB: the three columns of arcface_torch's speed benchmark (docs/speed_benchmark.md), from 125,000
// identities to 29 million. It gives neither the backbone nor the batch of its tables; these are the most likely ones.
//
//     arcc plan experiments/scaling/v100.arc full_softmax
//     arcc plan experiments/scaling/v100.arc 'partial_fc[identities=29000000]'

use std.backbones: r50
use std.datasets: synthetic
use std.machines: dgx_v100
use std.margins: cosface

/// All classes in every step, sharded over the devices ("Model Parallel").
experiment full_softmax {
  dataset  = synthetic(identities: 125_000, per_identity: 10)
  backbone = r50
  margin   = cosface(m: 0.4)
  machine  = dgx_v100(nodes: 1)
  centers { placement = shard, sample_rate = 100% }

  train {
    batch     = 64 per device
    steps     = 1000
    precision = f16
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    clip      = 5
  }

  sweep {
    dataset.identities = [125_000, 250_000, 500_000, 1_000_000, 1_400_000, 2_000_000, 4_000_000, 5_500_000, 8_000_000, 16_000_000, 29_000_000]
  }
}

/// One tenth of the classes in every step ("Partial FC 0.1").
experiment partial_fc extends full_softmax { centers.sample_rate = 10% }

/// All classes on every device ("Data Parallel").
experiment data_parallel extends full_softmax { centers.placement = replicate }
