use std.backbones: mbf
use std.machines: cpu
use std.margins: arcface

/// The AT&T faces (Samaria and Harter, 1994): 40 people with 10 images each. The last 10 people are held out.
dataset att_faces(root: string = "data/att_faces") {
  format = folder, holdout = 10
  identities = 30, images = 300
}

/// MobileFaceNet on 30 people, verified on 600 pairs of 10 others.
experiment orl_mbf {
  dataset  = att_faces
  backbone = mbf
  margin   = arcface(m: 0.5 rad, scale: 64)
  machine  = cpu(devices: 1)

  train {
    batch     = 30 global
    epochs    = 20
    optimizer = sgd(lr: 0.1, momentum: 0.9, weight_decay: 5e-4)
    schedule  = polynomial(power: 1)
    clip      = 5
  }

  evaluate { sets = [holdout], pairs = 600 }
}
