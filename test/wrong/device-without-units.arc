device mine {
  kind = cuda
  memory = 32
  bandwidth = 900 GiB
  flops { f32 = 15.7 TFLOPS }
}

machine box {
  devices_per_node = 4, device = mine
  links { within = pcie(16 Gb/s) }
}
