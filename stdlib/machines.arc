// Machines, by their published figures; rates are dense, without sparsity. A GPU's memory is what its driver reports, which is a little
// less than its name says: error correction takes its part.

/// NVIDIA V100 SXM2, 32 GB.
device v100_sxm2_32gb {
  kind = cuda, name = "NVIDIA V100 SXM2 32 GB", compute = 7.0
  memory = 34_089_730_048 B, reserve = 1.2 GiB, bandwidth = 900 GB/s
  flops { f32 = 15.7 TFLOP/s, f16 = 125 TFLOP/s }
  source = "NVIDIA Tesla V100 GPU Accelerator data sheet, 2018"
}

/// NVIDIA A100 SXM4, 80 GB.
device a100_sxm4_80gb {
  kind = cuda, name = "NVIDIA A100 SXM4 80 GB", compute = 8.0
  memory = 85_100_068_864 B, reserve = 1.5 GiB, bandwidth = 2039 GB/s
  flops { f32 = 19.5 TFLOP/s, f16 = 312 TFLOP/s, bf16 = 312 TFLOP/s }
  source = "NVIDIA A100 Tensor Core GPU data sheet, 2021 (with TF32: 156 TFLOP/s)"
}

/// NVIDIA H100 SXM5, 80 GB.
device h100_sxm5_80gb {
  kind = cuda, name = "NVIDIA H100 SXM5 80 GB", compute = 9.0
  memory = 84_942_979_072 B, reserve = 1.6 GiB, bandwidth = 3350 GB/s
  flops { f32 = 67 TFLOP/s, f16 = 989 TFLOP/s, bf16 = 989 TFLOP/s }
  source = "NVIDIA H100 Tensor Core GPU data sheet, 2023"
}

/// NVIDIA H200 SXM, 141 GB.
device h200_sxm_141gb {
  kind = cuda, name = "NVIDIA H200 SXM 141 GB", compute = 9.0
  memory = 151_397_597_184 B, reserve = 1.6 GiB, bandwidth = 4800 GB/s
  flops { f32 = 67 TFLOP/s, f16 = 989 TFLOP/s, bf16 = 989 TFLOP/s }
  source = "NVIDIA H200 Tensor Core GPU data sheet, 2024"
}

/// Two cores of a desktop computer, as one device.
device cpu_device(memory: bytes = 4 GiB) {
  kind = cpu, name = "CPU", bandwidth = 10 GB/s
  flops { f32 = 60 GFLOP/s, bf16 = 60 GFLOP/s }
  source = "assumed: two cores at 3 GHz with AVX2, half of their peak"
}

/// This computer, as so many virtual devices: any sharded experiment can be tried at home.
machine cpu(devices: int = 1, memory: bytes = 4 GiB) {
  nodes = 1, devices_per_node = devices, device = cpu_device(memory: memory)
  links { within = shared_memory(10 GB/s) }
}

/// NVIDIA DGX-1 and DGX-2H class servers: eight V100, NVLink 2, four InfiniBand ports of 100 Gb/s.
machine dgx_v100(nodes: int = 1) {
  nodes = nodes, devices_per_node = 8, cores = 40, device = v100_sxm2_32gb
  links { within = nvlink(150 GB/s), between = infiniband(4 * 12.5 GB/s) }
  source = "NVIDIA DGX-1 with Tesla V100 system architecture white paper, 2017"
}

/// NVIDIA DGX A100: eight A100, NVLink 3 through NVSwitch, eight InfiniBand ports of 200 Gb/s.
machine dgx_a100(nodes: int = 1) {
  nodes = nodes, devices_per_node = 8, cores = 128, device = a100_sxm4_80gb
  links { within = nvlink(300 GB/s), between = infiniband(8 * 25 GB/s) }
  source = "NVIDIA DGX A100 data sheet, 2021"
}

/// NVIDIA DGX H100: eight H100, NVLink 4 through NVSwitch, eight InfiniBand ports of 400 Gb/s.
machine dgx_h100(nodes: int = 1) {
  nodes = nodes, devices_per_node = 8, cores = 112, device = h100_sxm5_80gb
  links { within = nvlink(450 GB/s), between = infiniband(8 * 50 GB/s) }
  source = "NVIDIA DGX H100 data sheet, 2023"
}

/// NVIDIA DGX H200: eight H200, NVLink 4 through NVSwitch, eight InfiniBand ports of 400 Gb/s.
machine dgx_h200(nodes: int = 1) {
  nodes = nodes, devices_per_node = 8, cores = 112, device = h200_sxm_141gb
  links { within = nvlink(450 GB/s), between = infiniband(8 * 50 GB/s) }
  source = "NVIDIA DGX H200 data sheet, 2024"
}

test "machines have their devices" {
  assert dgx_v100.devices_per_node * dgx_v100(nodes: 4).nodes == 32
  assert dgx_a100.device.memory < 80 GiB and dgx_a100.device.memory > 79 GiB
  assert cpu(devices: 4).devices_per_node == 4
  assert cpu(memory: 2 GiB).device.memory == 2 GiB
}
