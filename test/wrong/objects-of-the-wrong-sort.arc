schedule constantly {
  state seen = 0
  factor(step, total, epoch) = 1
}

device slow {
  kind = tpu, memory = 1 GiB, bandwidth = 1 GB/s
  flops { f32 = 1 TFLOP/s }
  run(x) = x
}

dataset faces(root: string) {
  format = folder
  hold_out = 10
}
