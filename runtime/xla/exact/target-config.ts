/** The input of PJRT_TopologyDescription_Create for the CUDA plugin: the GPU, and the number of GPUs and hosts. */
import { bug } from '../../../grammar/diagnostic.ts'
import { type GpuFigures, showCompute } from './gpus.ts'

/** Versions that the compiler assumes on the target: CUDA of the pinned `ptxas`, and the cuDNN that goes with the plugin. */
export const targetVersions = { cuda: '12.9.0', cudnn: '9.10.2' } as const

/** Limits shared by all CUDA GPUs since compute capability 7.0. */
const commonLimits = [
  'threads_per_block_limit: 1024',
  'threads_per_warp: 32',
  'threads_per_core_limit: 2048',
  'shared_memory_per_block: 49152',
  'block_dim_limit_x: 2147483647',
  'block_dim_limit_y: 65535',
  'block_dim_limit_z: 65535',
  'thread_dim_limit_x: 1024',
  'thread_dim_limit_y: 1024',
  'thread_dim_limit_z: 64',
  'registers_per_core_limit: 65536',
  'registers_per_block_limit: 65536',
]

function version(text: string): string {
  const [major = '0', minor = '0', patch = '0'] = text.split('.')
  return `major: ${major} minor: ${minor} patch: ${patch}`
}

/** The option `target_config`: a `stream_executor.GpuTargetConfigProto` in protocol buffers' text form. */
export function targetConfig(gpu: GpuFigures): string {
  const { cuda, cudnn } = targetVersions
  const [major, minor] = gpu.compute
  const features = gpu.accelerated ? 'ACCELERATED_FEATURES' : 'NONE'
  return [
    'gpu_device_info {',
    ...commonLimits.map((line) => `  ${line}`),
    `  core_count: ${gpu.cores}`,
    `  fpus_per_core: ${gpu.unitsPerCore}`,
    `  shared_memory_per_core: ${gpu.sharedMemory.perCore}`,
    `  shared_memory_per_block_optin: ${gpu.sharedMemory.perBlock}`,
    `  l2_cache_size: ${gpu.l2}`,
    `  clock_rate_ghz: ${gpu.clockGhz}`,
    `  memory_bandwidth: ${gpu.bandwidth}`,
    `  device_memory_size: ${gpu.memory}`,
    `  cuda_compute_capability { major: ${major} minor: ${minor} feature_extension: ${features} }`,
    `  name: "${gpu.name}"`,
    '  device_vendor: "NVIDIA Corporation"',
    `  platform_version: "Compute Capability ${showCompute(gpu)}"`,
    `  driver_version: "${cuda}"`,
    `  runtime_version: "${cuda}"`,
    `  compile_time_toolkit_version: "${cuda}"`,
    `  dnn_version: "${cudnn}"`,
    '}',
    'platform_name: "CUDA"',
    `dnn_version_info { ${version(cudnn)} }`,
    `runtime_version { ${version(cuda)} }`,
    `device_description_str: "${gpu.name}"`,
    '',
  ].join('\n')
}

/** The option `topology`: partitions × hosts × devices per host. */
export function topologyText(nodes: number, devicesPerNode: number): string {
  if (nodes < 1 || devicesPerNode < 1) bug(`${nodes} nodes of ${devicesPerNode} devices`)
  return `1x${nodes}x${devicesPerNode}`
}
