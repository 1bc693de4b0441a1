// How sampling the class centers affects verification: ten thousand generated people, with 100 %, 30 % and 10 % of their
// centers in each step. Six minutes each on two cores. The README has the figures.
//
//     arcc run experiments/quality/sample_rates.arc rate_0_1

use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

/// A strided convolution that halves the image, then one that keeps its size.
block stage(x: Image, channels: int) -> Image {
  let halved = x |> conv(channels, kernel: 3, stride: 2) |> batch_norm |> prelu
  halved |> conv(channels, kernel: 3) |> batch_norm |> prelu
}

/// 28 × 28 patches, then two stages: small enough to learn ten thousand people on two cores.
backbone patches(embedding: int = 128) on Image(112, 112, 3) -> Vector(embedding) {
  let stem = input |> conv(16, kernel: 7, stride: 4) |> batch_norm |> prelu
  let features = for channels in [32, 64] carry x = stem { x |> stage(channels) }
  features |> flatten |> linear(embedding) |> batch_norm
}

/// All centers in every step: the baseline for sampling.
experiment all_classes {
  dataset  = synthetic(identities: 10000, per_identity: 4, holdout: 400, nuisance: 0.3)
  backbone = patches
  margin   = cosface(m: 0.2, scale: 32)
  machine  = cpu(devices: 1)

  train {
    batch     = 128 global
    epochs    = 16
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1, warmup: 0.5 epochs)
    clip      = 5
  }

  evaluate { sets = [holdout], pairs = 4000 }
}

/// 30 % of the classes in each step.
experiment rate_0_3 extends all_classes { centers { sample_rate = 30% } }

/// 10 % of the classes in each step.
experiment rate_0_1 extends all_classes { centers { sample_rate = 10% } }

/// 10 % of the classes, and three bytes per weight instead of eight.
experiment rate_0_1_small_state extends rate_0_1 { centers { weights = bf16, state = int8 } }
