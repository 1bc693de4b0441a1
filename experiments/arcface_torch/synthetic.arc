// Generated faces for speed measurements, on eight GPUs.

use base: base
use std.backbones: mbf
use std.datasets: synthetic
use std.margins: cosface

/// configs/3millions.py, which has 300,000 people despite its name. There all images are the same; here each is a different face.
experiment three_millions extends base {
  dataset  = synthetic(identities: 300_000, per_identity: 1)
  backbone = mbf
  margin   = cosface(m: 0.4)
  centers.sample_rate = 10%
  train { batch = 512 per device, epochs = 30 }
  evaluate.sets = []
}
