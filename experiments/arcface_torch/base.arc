// Common to all configs of arcface_torch: its configs/base.py, in mixed precision like all of them.
//
// They do not specify their GPUs. Here the convolutional networks are planned for V100s with 32 GB, as in arcface_torch's
// benchmark, and the vision transformers for A100s with 80 GB; for another machine use `--set machine='dgx_h100(nodes: 1)'`.
// Sampled classes are updated as in its first version; for the second one, which also moves and decays the others, use
// `--set centers.update=dense`. Gradients of a margin are exact here; arcface_torch passes them around ArcFace's: for that use
// `--set centers.gradient=straight_through`. CosFace has the same gradient either way.

use std.backbones: r50
use std.datasets: ms1mv3
use std.machines
use std.margins: arcface

/// The defaults of arcface_torch.
experiment base {
  dataset  = ms1mv3
  backbone = r50
  margin   = arcface(m: 0.5 rad)
  machine  = dgx_v100(nodes: 1)

  train {
    batch     = 128 per device
    epochs    = 20
    precision = f16
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 0 epochs)
    clip      = 5
    seed      = 2048
  }

  evaluate { sets = [lfw, cfp_fp, agedb_30], every = 2000 steps }
  checkpoint { every = 1 epochs }
}
