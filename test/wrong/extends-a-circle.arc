use std.backbones: mbf
use std.datasets: synthetic
use std.machines: cpu
use std.margins: arcface

experiment first extends third { train.epochs = 1 }
experiment second extends first { train.epochs = 2 }
experiment third extends second { train.epochs = 3 }
