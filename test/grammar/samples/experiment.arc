use std.backbones: r100
use std.margins: cosface,
  arcface
use std.datasets

/// Glint360K with one tenth of the class centers in each step (Partial FC).
/// Two lines.
experiment glint360k_r100_pfc0_1 {
  dataset  = glint360k(root: env("GLINT360K"))
  backbone = r100(embedding: 512)
  margin   = cosface(m: 0.4, scale: 64)
  machine  = dgx_v100(nodes: 1)

  centers {
    placement   = shard        // shard | replicate | auto
    sample_rate = 10%
    update      = sparse
  }

  train {
    batch     = 128 per device, epochs = 20
    precision = f16
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(
      power: 1,
      warmup: 0 epochs,
    )
    clip      = 5
    seed      = 2_048
  }

  evaluate { sets = [lfw, cfp_fp, agedb_30], every = 2000 steps, }
  checkpoint { every = 1 epochs, keep = 3 }
  checkpoint.folder = "runs/{name}/{train.seed + 1}"

  require memory.peak < 30 GiB
  require throughput > 3000 samples/s
}

experiment glint360k_r100 extends glint360k_r100_pfc0_1 { centers { sample_rate = 100% } }

device v100_sxm2_32gb {
  kind = cuda, compute = 7.0, memory = 32 GiB, reserve = 1.2 GiB
  bandwidth = 900 GB/s
  flops { f32 = 15.7 TFLOP/s, f16 = 125 TFLOP/s }
}
machine dgx_v100(nodes: int = 1) {
  nodes = nodes, devices_per_node = 8, device = v100_sxm2_32gb
  links { within = nvlink(150 GB/s), between = infiniband(4 * 12.5 GB/s) }
}
dataset faces(root: string, size: int? = none) { kind = folder, root = root, test = root, state = { } }
