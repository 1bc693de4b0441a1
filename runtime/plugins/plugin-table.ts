/**
 * The Python wheels that arcc downloads: XLA's plugins and NVIDIA's assembler, one per platform, pinned by version and SHA-256.
 * The rest of CUDA is in `runtime/cuda/wheels.ts`, TensorFlow in `runtime/tfjs/native/packages.ts`.
 */

/** `linux-x64`: `process.platform`, a dash, `process.arch`. */
export type PlatformName = string

export interface WheelEntry {
  readonly platform: PlatformName
  /** Where it is published, if it is no wheel: a package of npm. */
  readonly registry?: 'npm'
  /** The project name of the wheel, for pip, or the name of the package. */
  readonly wheel: string
  readonly version: string
  /** The version of Python that the wheel is built for, `3.12`, if arcc uses no Python in it but pip selects by it. */
  readonly python?: string
  /** The wheel's file name, and its size in bytes. */
  readonly file: string
  readonly bytes: number
  /** How the paths of the files begin that are unpacked; missing: all are. */
  readonly keep?: readonly string[]
  /** Total bytes of the unpacked files. */
  readonly unpacked: number
  /** SHA-256 of the wheel, hexadecimal. */
  readonly sha256: string
  /** The path inside the wheel of the file that is needed: a library, or a program. */
  readonly library: string
  /** Whether that file is a program. */
  readonly executable?: boolean
  /** Copies of it inside the wheel that are not kept. */
  readonly copies?: readonly string[]
}

export interface PluginEntry extends WheelEntry {
  /** Version of the PJRT C API that the library implements. */
  readonly api: string
}

/** XLA for the CPU. */
export const pluginTable: readonly PluginEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'lammps-jax-pjrt-cpu',
    version: '0.11.2',
    file: 'lammps_jax_pjrt_cpu-0.11.2-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 62711338,
    unpacked: 201865339,
    sha256: '1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1',
    library: 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so',
    api: '0.115',
  },
  {
    platform: 'linux-arm64',
    wheel: 'xla-cpu-pjrt',
    version: '0.0.1',
    file: 'xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 49514947,
    unpacked: 200435256,
    sha256: '8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9',
    library: 'xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so',
    api: '0.81',
  },
]

/** XLA for CUDA 12, which still supports compute capability 7.0; it loads and compiles on a computer without a GPU. */
export const cudaPluginTable: readonly PluginEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'jax-cuda12-pjrt',
    version: '0.12.0.1',
    file: 'jax_cuda12_pjrt-0.12.0.1-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 191846358,
    unpacked: 486619307,
    sha256: '5ec28e06198d094031c37590b4ea753ae8cde4879ab4b60baf40f0dffb673286',
    library: 'jax_plugins/xla_cuda12/xla_cuda_plugin.so',
    api: '0.116',
  },
  {
    platform: 'linux-arm64',
    wheel: 'jax-cuda12-pjrt',
    version: '0.12.0.1',
    file: 'jax_cuda12_pjrt-0.12.0.1-py3-none-manylinux_2_27_aarch64.whl',
    bytes: 185765557,
    unpacked: 466378588,
    sha256: 'e6aa6c58c5420c1bda22db31a2f6c5c1d0a66cb701eeb731feae44fef197717c',
    library: 'jax_plugins/xla_cuda12/xla_cuda_plugin.so',
    api: '0.116',
  },
]

/**
 * `ptxas` of CUDA 12 with libdevice next to it: XLA writes PTX and runs `ptxas` on it. CUDA 13's rejects compute capability 7.0.
 */
export const ptxasTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    file: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2010_x86_64.manylinux_2_12_x86_64.whl',
    bytes: 40546229,
    unpacked: 98957442,
    sha256: '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    library: 'nvidia/cuda_nvcc/bin/ptxas',
    executable: true,
  },
  {
    platform: 'linux-arm64',
    wheel: 'nvidia-cuda-nvcc-cu12',
    version: '12.9.86',
    file: 'nvidia_cuda_nvcc_cu12-12.9.86-py3-none-manylinux2014_aarch64.manylinux_2_17_aarch64.whl',
    bytes: 39411138,
    unpacked: 91188388,
    sha256: '44e1eca4d08926193a558d2434b1bf83d57b4d5743e0c431c0c83d51da1df62b',
    library: 'nvidia/cuda_nvcc/bin/ptxas',
    executable: true,
  },
]

/** oneDNN, whose convolutions and products arcc's own kernels for the CPU call; and its headers, to build them. */
export const oneDnnTable: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'onednn-cpu-gomp',
    version: '2023.2.0',
    file: 'onednn_cpu_gomp-2023.2.0-py2.py3-none-manylinux1_x86_64.whl',
    bytes: 38888991,
    unpacked: 163782979,
    sha256: '2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb',
    library: 'onednn_cpu_gomp-2023.2.0.data/data/lib/libdnnl.so.3',
    copies: [
      'onednn_cpu_gomp-2023.2.0.data/data/lib/libdnnl.so',
      'onednn_cpu_gomp-2023.2.0.data/data/lib/libdnnl.so.3.2',
    ],
  },
]

export const oneDnnHeaders: readonly WheelEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'onednn-devel-cpu-gomp',
    version: '2023.2.0',
    file: 'onednn_devel_cpu_gomp-2023.2.0-py2.py3-none-manylinux1_x86_64.whl',
    bytes: 188103,
    unpacked: 1155826,
    sha256: '9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284',
    library: 'onednn_devel_cpu_gomp-2023.2.0.data/data/include/oneapi/dnnl/dnnl.h',
  },
]

/** Whether a file of a wheel is unpacked; its description always is. */
export function keeps({ keep }: WheelEntry, path: string): boolean {
  return keep === undefined || keep.some((start) => path.startsWith(start)) || /^[^/]+\.dist-info\//.test(path)
}

/** The name of this process's platform. */
export function hostPlatform(): PlatformName {
  return `${process.platform}-${process.arch}`
}

/** A table's entry for a platform; `undefined` if none is published. */
export function entryFor<T extends WheelEntry>(table: readonly T[], platform: PlatformName): T | undefined {
  return table.find((entry) => entry.platform === platform)
}

/** The CPU plugin for a platform; `undefined` if none is published. */
export function findPlugin(platform: PlatformName): PluginEntry | undefined {
  return entryFor(pluginTable, platform)
}
