// Machines with their published figures; rates are dense, without sparsity. A GPU's memory is the driver's figure, slightly
// below the nominal one: error correction uses some.

/// NVIDIA V100 SXM2, 32 GB.
device v100_sxm2_32gb(memory: bytes = 34_089_730_048 B) {
  kind = cuda, name = "NVIDIA V100 SXM2 32 GB", driver = "Tesla V100-SXM2-32GB", compute = 7.0
  reserve = 1.2 GiB, bandwidth = 900 GB/s
  flops { f32 = 15.7 TFLOP/s, f16 = 125 TFLOP/s }
  source = "NVIDIA Tesla V100 GPU Accelerator data sheet, 2018"
}

/// NVIDIA A100 SXM4, 80 GB.
device a100_sxm4_80gb(memory: bytes = 85_100_068_864 B) {
  kind = cuda, name = "NVIDIA A100 SXM4 80 GB", driver = "NVIDIA A100-SXM4-80GB", compute = 8.0
  reserve = 1.5 GiB, bandwidth = 2039 GB/s
  flops { f32 = 19.5 TFLOP/s, f16 = 312 TFLOP/s, bf16 = 312 TFLOP/s }
  source = "NVIDIA A100 Tensor Core GPU data sheet, 2021 (with TF32: 156 TFLOP/s)"
}

/// NVIDIA H100 SXM5, 80 GB.
device h100_sxm5_80gb(memory: bytes = 84_942_979_072 B) {
  kind = cuda, name = "NVIDIA H100 SXM5 80 GB", driver = "NVIDIA H100 80GB HBM3", compute = 9.0
  reserve = 1.6 GiB, bandwidth = 3350 GB/s
  flops { f32 = 67 TFLOP/s, f16 = 989 TFLOP/s, bf16 = 989 TFLOP/s }
  source = "NVIDIA H100 Tensor Core GPU data sheet, 2023"
}

/// NVIDIA H200 SXM, 141 GB.
device h200_sxm_141gb(memory: bytes = 151_397_597_184 B) {
  kind = cuda, name = "NVIDIA H200 SXM 141 GB", driver = "NVIDIA H200", compute = 9.0
  reserve = 1.6 GiB, bandwidth = 4800 GB/s
  flops { f32 = 67 TFLOP/s, f16 = 989 TFLOP/s, bf16 = 989 TFLOP/s }
  source = "NVIDIA H200 Tensor Core GPU data sheet, 2024"
}

/// Two cores of a desktop computer, as one device.
device cpu_device(memory: bytes = 4 GiB) {
  kind = cpu, name = "CPU", bandwidth = 10 GB/s
  flops { f32 = 60 GFLOP/s, bf16 = 60 GFLOP/s }
  source = "assumed: two cores at 3 GHz with AVX2, half of their peak"
}

/// This computer as `devices` virtual devices: any sharded experiment can be tried on it. With `nodes`, that many computers like it;
/// `between` is their network, assumed to be Ethernet of 10 Gb/s.
machine cpu(devices: int = 1, memory: bytes = 4 GiB, nodes: int = 1, between: link = ethernet(1.25 GB/s)) {
  nodes = nodes, devices_per_node = devices, device = cpu_device(memory: memory), local = true
  links { within = shared_memory(10 GB/s), between = between }
}

/// Any other GPU, with its measured figures.
device measured_gpu(memory: bytes, bandwidth: bandwidth) {
  kind = cuda, name = local_gpu(), driver = local_gpu(), compute = local_compute()
  reserve = 1.6 GiB
  flops {
    f32 = local_rate("f32") * 1 FLOP/s, f16 = local_rate("f16") * 1 FLOP/s, bf16 = local_rate("bf16") * 1 FLOP/s
  }
  source = "measured by arcc doctor --write-machine"
}

/// The same for a GPU below compute capability 8.0, which does not support bf16.
device measured_gpu_without_bf16(memory: bytes, bandwidth: bandwidth) {
  kind = cuda, name = local_gpu(), driver = local_gpu(), compute = local_compute()
  reserve = 1.6 GiB
  flops { f32 = local_rate("f32") * 1 FLOP/s, f16 = local_rate("f16") * 1 FLOP/s }
  source = "measured by arcc doctor --write-machine"
}

/// A device of this computer: the GPU that its driver reports, or one of several virtual devices that share its memory.
fn local_device(devices: int) = {
  let memory = local_memory() * 1 B
  if local_gpus() == 0 then cpu_device(memory: memory / devices)
  else if local_gpu() == v100_sxm2_32gb.driver then v100_sxm2_32gb(memory: memory)
  else if local_gpu() == a100_sxm4_80gb.driver then a100_sxm4_80gb(memory: memory)
  else if local_gpu() == h100_sxm5_80gb.driver then h100_sxm5_80gb(memory: memory)
  else if local_gpu() == h200_sxm_141gb.driver then h200_sxm_141gb(memory: memory)
  else {
    let bandwidth = local_rate("bandwidth") * 1 B/s
    if local_compute() >= 8 then measured_gpu(memory: memory, bandwidth: bandwidth)
    else measured_gpu_without_bf16(memory: memory, bandwidth: bandwidth)
  }
}

/// The links between the devices of this computer, with the published figures of their generation.
fn local_link() =
  if local_gpus() == 0 then shared_memory(10 GB/s)
  else if local_nvlink() then nvlink(if local_compute() >= 9 then 450 GB/s else if local_compute() >= 8 then 300 GB/s else 150 GB/s)
  else pcie(if local_compute() >= 9 then 50 GB/s else if local_compute() >= 8 then 25 GB/s else 12 GB/s)

/// This computer: its GPUs, or the requested number of them, otherwise its CPU. With `nodes`, that many computers like it; `between` is
/// their network, assumed to be Ethernet of 10 Gb/s.
machine local(
  devices: int = if local_gpus() == 0 then 1 else local_gpus(), nodes: int = 1, between: link = ethernet(1.25 GB/s)
) {
  require local_gpus() == 0 or devices <= local_gpus()
  nodes = nodes, devices_per_node = devices, cores = local_cores(), device = local_device(devices), local = true
  links { within = local_link(), between = between }
}

/// NVIDIA DGX-1 and DGX-2H class servers: eight V100s, NVLink 2, four InfiniBand ports of 100 Gb/s.
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
  assert cpu(devices: 2).nodes == 1 and cpu(devices: 2, nodes: 3).nodes == 3
  assert local(nodes: 2).nodes == 2
}
