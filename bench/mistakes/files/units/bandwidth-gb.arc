// A bandwidth in bytes.
//? at:   memory = 40 GiB, reserve = 1.5 GiB, bandwidth = ‸1555 GB
//? suggests: GB/s
//? mends: yes
use std.backbones: r100
use std.datasets: glint360k
use std.machines
use std.margins: cosface

/// Our own nodes: four A100 with 40 GB each.
device a100_40gb {
  kind = cuda, name = "NVIDIA A100 SXM4 40 GB", compute = 8.0
  memory = 40 GiB, reserve = 1.5 GiB, bandwidth = 1555 GB
  flops { f32 = 19.5 TFLOP/s, f16 = 312 TFLOP/s, bf16 = 312 TFLOP/s }
}

machine raven(nodes: int = 4) {
  nodes = nodes, devices_per_node = 4, cores = 72
  device = a100_40gb
  links {
    within  = nvlink(200 GB/s)
    between = infiniband(2 * 25 GB/s)
  }
}

experiment glint_r100 {
  dataset  = glint360k(root: "/ptmp/faces/glint360k")
  backbone = r100
  margin   = cosface(m: 0.4)
  machine  = raven(nodes: 8)
  centers { sample_rate = 10%, state = int8 }
  train {
    batch = 128 per device, epochs = 20
    precision = bf16
    optimizer = sgd(lr: 0.4, weight_decay: 5e-4)
    schedule = polynomial(power: 2, warmup: 2 epochs)
    watchdog = 20 min
  }
  evaluate { sets = [lfw, cfp_fp], every = 2000 steps }
  require memory.peak < 38 GiB
}
