// A percentage in words.
//? at: percent
//? suggests: 10%
//? mends: yes

use std.backbones: r100
use std.datasets: synthetic
use std.machines: dgx_v100
use std.margins: cosface

/// Many classes on two servers.
experiment big {
  dataset  = synthetic(identities: 360232, per_identity: 40)
  backbone = r100(embedding: 512)
  margin   = cosface(m: 0.4, scale: 64)
  machine  = dgx_v100(nodes: 2)

  centers {
    placement   = shard
    sample_rate = 10 percent
    update      = sparse
  }

  train {
    batch     = 128 per device
    epochs    = 20
    precision = f16
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 2 epochs)
    seed      = 2048
  }

  checkpoint { every = 1 epochs, keep = 3 }
  require memory.peak < 30 GiB
}
