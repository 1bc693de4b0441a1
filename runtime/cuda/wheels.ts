/**
 * The wheels of CUDA: XLA's plugin, the NVIDIA libraries that arcc's programs use, `ptxas` with libdevice. All are of CUDA 12,
 * whose libraries support every card from compute capability 7.0 on; those of CUDA 13 start at 7.5.
 *
 * Not included: cuFFT, cuSOLVER and cuSPARSE, which no program of arcc calls; CUPTI, for profiling; NVSHMEM, which is disabled.
 */
import {
  cudaPluginTable,
  entryFor,
  hostPlatform,
  type PlatformName,
  ptxasTable,
  type WheelEntry,
} from '../plugins/plugin-table.ts'
import type { WheelSet } from '../wheels/install-wheels.ts'
import { cudaError } from './errors.ts'

const runtimeTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    file: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    bytes: 3493179,
    unpacked: 9619472,
    sha256: '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    library: 'nvidia/cuda_runtime/lib/libcudart.so.12',
  },
  {
    platform: 'linux-arm64',
    wheel: 'nvidia-cuda-runtime-cu12',
    version: '12.9.79',
    file: 'nvidia_cuda_runtime_cu12-12.9.79-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl',
    bytes: 3515012,
    unpacked: 9634120,
    sha256: '83469a846206f2a733db0c42e223589ab62fd2fabac4432d2f8802de4bded0a4',
    library: 'nvidia/cuda_runtime/lib/libcudart.so.12',
  },
]

/** The plugin uses it to link CUDA code. */
const linkerTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    file: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    bytes: 39748338,
    unpacked: 96014630,
    sha256: 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
    library: 'nvidia/nvjitlink/lib/libnvJitLink.so.12',
  },
  {
    platform: 'linux-arm64',
    wheel: 'nvidia-nvjitlink-cu12',
    version: '12.9.86',
    file: 'nvidia_nvjitlink_cu12-12.9.86-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl',
    bytes: 39514880,
    unpacked: 91384664,
    sha256: '994a05ef08ef4b0b299829cde613a424382aff7efb08a7172c1fa616cc3af2ca',
    library: 'nvidia/nvjitlink/lib/libnvJitLink.so.12',
  },
]

/** cuDNN uses it to compile some of its kernels. */
const compilerTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    file: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    bytes: 89568129,
    unpacked: 227449426,
    sha256: '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    library: 'nvidia/cuda_nvrtc/lib/libnvrtc.so.12',
  },
  {
    platform: 'linux-arm64',
    wheel: 'nvidia-cuda-nvrtc-cu12',
    version: '12.9.86',
    file: 'nvidia_cuda_nvrtc_cu12-12.9.86-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl',
    bytes: 44528905,
    unpacked: 109029511,
    sha256: '096d4de6bda726415dfaf3198d4f5c522b8e70139c97feef5cd2ca6d4cd9cead',
    library: 'nvidia/cuda_nvrtc/lib/libnvrtc.so.12',
  },
]

const cublasTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    file: 'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 581217458,
    unpacked: 855724311,
    sha256: 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    library: 'nvidia/cublas/lib/libcublas.so.12',
  },
  {
    platform: 'linux-arm64',
    wheel: 'nvidia-cublas-cu12',
    version: '12.9.3.13',
    file: 'nvidia_cublas_cu12-12.9.3.13-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 574997333,
    unpacked: 820403640,
    sha256: '918a8781956115d34b1db49e0e7b7befba8d101661c4b560ed4d42e0e17bebc3',
    library: 'nvidia/cublas/lib/libcublas.so.12',
  },
]

/**
 * In this version, the oldest that the plugin accepts, all kernels exist for compute capability 7.0 to 12.0. Newer ones (9.28 was
 * examined) have none below 7.5 in libcudnn_ops and libcudnn_cnn, so they exclude the V100.
 */
const cudnnTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'nvidia-cudnn-cu12',
    version: '9.10.2.21',
    file: 'nvidia_cudnn_cu12-9.10.2.21-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 706758467,
    unpacked: 1053624755,
    sha256: '949452be657fa16687d0930933f032835951ef0892b37d2d53824d1a84dc97a8',
    library: 'nvidia/cudnn/lib/libcudnn.so.9',
  },
  {
    platform: 'linux-arm64',
    wheel: 'nvidia-cudnn-cu12',
    version: '9.10.2.21',
    file: 'nvidia_cudnn_cu12-9.10.2.21-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 705026878,
    unpacked: 1028900300,
    sha256: 'c9132cc3f8958447b4910a1720036d9eff5928cc3179b0a51fb6d167c6cc87d8',
    library: 'nvidia/cudnn/lib/libcudnn.so.9',
  },
]

/** Collectives between GPUs. */
const ncclTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'nvidia-nccl-cu12',
    version: '2.32.3',
    file: 'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 351526311,
    unpacked: 490610413,
    sha256: 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
    library: 'nvidia/nccl/lib/libnccl.so.2',
  },
  {
    platform: 'linux-arm64',
    wheel: 'nvidia-nccl-cu12',
    version: '2.32.3',
    file: 'nvidia_nccl_cu12-2.32.3-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 351519937,
    unpacked: 493333806,
    sha256: '061af42ae1044816820e16b872075e243d1ac0656f51860fbc8e106c257aa83a',
    library: 'nvidia/nccl/lib/libnccl.so.2',
  },
]

/** Everything that is installed together, as one folder: `cuda12-0.12.0.1-linux-x64`. */
export interface CudaWheels extends WheelSet {
  /** The plugin's path in that folder. */
  readonly plugin: string
}

/** NVIDIA's libraries for a platform, and `ptxas`. */
export function cudaLibraries(platform: PlatformName): readonly WheelEntry[] {
  const tables = [runtimeTable, linkerTable, ptxasTable, compilerTable, ncclTable, cublasTable, cudnnTable]
  return tables.flatMap((table) => entryFor(table, platform) ?? [])
}

/** Whether CUDA is published for a platform. */
export function hasCudaWheels(platform: PlatformName): boolean {
  return entryFor(cudaPluginTable, platform) !== undefined
}

/** The wheels of a platform. Throws ARC6030 if none are published. */
export function cudaWheels(platform: PlatformName = hostPlatform()): CudaWheels {
  const plugin = entryFor(cudaPluginTable, platform)
  if (plugin === undefined) {
    throw cudaError('ARC6030', { platform, known: cudaPluginTable.map((entry) => entry.platform).join(' and ') })
  }
  const wheels = [plugin, ...cudaLibraries(platform)]
  return {
    install: 'cuda',
    title: 'CUDA',
    folder: 'cuda',
    name: `cuda12-${plugin.version}-${platform}`,
    plugin: plugin.library,
    wheels: wheels.sort((a, b) => a.bytes - b.bytes),
  }
}
