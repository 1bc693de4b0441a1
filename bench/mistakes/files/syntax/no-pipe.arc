// A layer without `|>`.
//? at:             |> conv(channels, kernel: 3) ‸batch_norm
//? suggests: |>
//? mends: yes
use std.datasets: synthetic
use std.machines: cpu
use std.margins: cosface

block unit(x: Image, channels: int, stride: int = 1, activation: block = relu) -> Image {
  let y = x |> conv(channels, kernel: 3, stride: stride) |> batch_norm |> activation
            |> conv(channels, kernel: 3) batch_norm
  let skip = if stride == 1 and x.channels == channels then x
             else x |> conv(channels, kernel: 1, stride: stride) |> batch_norm
  y + skip
}

block gate(x: Image, reduction: int = 8) -> Image {
  let s = x |> average_pool(kernel: [x.height, x.width]) |> conv(x.channels div reduction, kernel: 1) |> relu
  x * (s |> conv(x.channels, kernel: 1) |> sigmoid)
}

backbone pyramid(depths: [int] = [1, 2, 2], width: int = 16, embedding: int = 64) on Image(112, 112, 3) -> Vector(embedding) {
  let stem = input |> conv(width, kernel: 7, stride: 2) as conv1 |> batch_norm as bn1 |> prelu as act
  let trunk = for stage in 0..depths.length carry x = stem {
    for index in 0..depths[stage] carry y = x {
      y |> unit(width * 2 ** stage, stride: if index == 0 then 2 else 1) as "layer{stage + 1}.{index}"
    }
  }
  trunk |> gate |> flatten |> dropout(0.2) |> linear(embedding) as fc |> batch_norm
}

experiment nets {
  dataset = synthetic(identities: 64, per_identity: 20)
  backbone = pyramid(depths: [1, 1, 1], embedding: 32)
  margin = cosface(m: 0.35, scale: 30)
  machine = cpu(devices: 1)
  train { batch = 32 global, epochs = 3, optimizer = sgd(lr: 0.05) }
}

test "pyramid is small" {
  let net = pyramid(embedding: 64)
  assert net.parameters < 2e6
  assert net.embedding == 64
}
