// A link in megabits.
//? at: 800 ‸Mbps
//? suggests: 0.1 GB/s
//? mends: yes

use std.datasets: glint360k
use std.backbones: r18
use std.margins: cosface

/// The card of our workstation.
device card {
  kind = cuda, compute = 8.6, memory = 24 GiB, reserve = 1 GiB
  bandwidth = 936 GB/s
  flops { f32 = 35.6 TFLOP/s, f16 = 142 TFLOP/s }
}

machine workstation(nodes: int = 1) {
  nodes = nodes, devices_per_node = 4, device = card
  links { within = pcie(25 GB/s), between = ethernet(800 Mbps) }
}

experiment glint {
  dataset  = glint360k(root: "/data/glint360k")
  backbone = r18
  margin   = cosface(m: 0.4, scale: 64)
  machine  = workstation

  centers {
    placement   = shard
    sample_rate = 10%
  }

  train {
    batch     = 128 per device
    epochs    = 20
    precision = f16
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 2, warmup: 1 epochs)
  }

  require memory.peak < 20 GiB
}
