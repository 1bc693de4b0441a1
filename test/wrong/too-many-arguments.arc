use std.margins: arcface, cosface

let a = arcface(0.5 rad, 64, 3)
let b = cosface(m: 0.4, m: 0.3)
let c = arcface(scale: 64, 0.5 rad)
