// The type of a result after a colon.
//? at: fn scaled(lr: float, batch: int)‸: float = lr * batch / 512
//? suggests: ->
//? mends: yes
use std.backbones: vit_t
use std.datasets: ms1mv3
use std.machines: dgx_a100
use std.margins: arcface

fn scaled(lr: float, batch: int): float = lr * batch / 512
let stages = [64, 128] + [256, 512]

machine twin extends dgx_a100 { nodes = 2, cores = 64 }

experiment vit {
  let gpus = machine.nodes * machine.devices_per_node
  dataset = ms1mv3(root: env("MS1MV3"))
  backbone = vit_t
  margin = arcface(m: 0.5 rad)
  machine = twin
  train {
    batch = 1024 div gpus per device
    epochs = 40
    precision = f16
    optimizer = adamw(lr: 0.001 * train.batch / 512, weight_decay: 0.1)
    schedule = polynomial(power: 1, warmup: 4 epochs)
    recompute = cheap
    decay = matrices
  }
  checkpoint { every = 1 epochs }
  require memory.peak < 70 GiB
}

test "scaling" {
  assert scaled(0.1, 1024) ≈ 0.2
  assert stages.length == 4 and stages[3] == 512
  expect error ARC4213 { arcface(m: 30 rad) }
}
