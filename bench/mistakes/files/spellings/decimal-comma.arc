// A decimal comma.
//? at:     optimizer = lars(lr: ‸1,5, trust: 0.002)
//? suggests: 1.5
use std.backbones: r50
use std.datasets: folder, mixed
use std.machines: dgx_h100
use std.margins: arcface as arc

dataset staff(root: string = "data/staff") {
  format = folder, holdout = 20
  identities = 800, images = 24000
}
dataset visitors {
  format = list, file = "data/visitors.csv", root = "data/pictures"
  identities = 300, images = 6000, damaged = skip(at_most: 0.5%)
}

experiment refit {
  dataset = staff(root: "/data/staff2026")
  backbone = r50
  margin = arc(m: 0.45 rad)
  machine = dgx_h100(nodes: 1)
  train {
    start = weights("runs/old/backbone.pt", classes: "map.csv", except: ["fc"], pictures: 16)
    batch = 64 per device, epochs = 6
    optimizer = lars(lr: 1,5, trust: 0.002)
    schedule = step_decay(every: 2 epochs, gamma: 0.3)
    freeze = ["conv1", "bn1", "layer1"]
    lr_groups = [group("layer4", factor: 0.5)]
    lr_scaling = linear_scaling(reference: 512)
    augment = [jitter(brightness: 0.2, contrast: 0.2), blur(0.1, window: [3, 7]), jpeg(0.1, quality: [40, 90])]
    on_non_finite = skip(at_most: 0.1%)
  }
  evaluate { sets = [holdout, pairs("lfw/pairs.txt", root: "lfw")], every = 500 steps }
}

experiment refit_all extends refit {
  dataset = mixed([folder(root: "data/a"), folder(root: "data/b")], weights: [2, 1], classes: by_name)
  evaluate.sets = []
}
