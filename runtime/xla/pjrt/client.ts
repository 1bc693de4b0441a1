/** A PJRT client and its devices. */
import { xlaError } from './errors.ts'
import type { PjrtLibrary } from './library.ts'
import { readPointers, readString, structArray } from './memory.ts'
import { namedValue, type Options } from './named-value.ts'

interface Disposable {
  dispose(): void
}

export class PjrtClient {
  readonly library: PjrtLibrary
  readonly pointer: bigint
  /** The devices that this process may use, `PJRT_Device*`. */
  readonly devices: readonly bigint[]
  /** `cpu`, `cuda` */
  readonly platform: string
  /** The plugin's description of its build. */
  readonly platformVersion: string
  /** Buffers and executables of this client that have not been disposed; they end with the client. */
  readonly live = { buffers: new Set<Disposable>(), executables: new Set<Disposable>() }
  #disposed = false

  private constructor(library: PjrtLibrary, pointer: bigint) {
    this.library = library
    this.pointer = pointer
    const client = pointer
    const devices = library.call('PJRT_Client_AddressableDevices', { client })
    this.devices = readPointers(devices.get('addressable_devices'), devices.get('num_addressable_devices'))
    const name = library.call('PJRT_Client_PlatformName', { client })
    this.platform = readString(name.get('platform_name'), name.get('platform_name_size'))
    const version = library.call('PJRT_Client_PlatformVersion', { client })
    this.platformVersion = readString(version.get('platform_version'), version.get('platform_version_size'))
  }

  /**
   * A client with at least `devices` devices, created with the plugin's own options. Throws ARC6007 if the platform has fewer.
   */
  static async create(library: PjrtLibrary, devices: number, options: Options): Promise<PjrtClient> {
    const values = Object.entries(options).map(([name, value]) => namedValue(name, value))
    const given = { create_options: structArray(values), num_options: values.length }
    const reply = await library.callAsync('PJRT_Client_Create', given)
    const client = new PjrtClient(library, reply.get('client'))
    if (client.devices.length < devices) {
      const { platform } = client
      const found = client.devices.length
      client.dispose()
      throw xlaError('ARC6007', { wanted: devices, found, platform })
    }
    return client
  }

  /** The plugin's name for a device: `cpu`, `NVIDIA H100 80GB HBM3`. */
  kindOf(device: bigint): string {
    const description = this.library.call('PJRT_Device_GetDescription', { device }).get('device_description')
    const kind = this.library.call('PJRT_DeviceDescription_Kind', { device_description: description })
    return readString(kind.get('device_kind'), kind.get('device_kind_size'))
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    for (const handle of [...this.live.buffers, ...this.live.executables]) handle.dispose()
    this.library.call('PJRT_Client_Destroy', { client: this.pointer })
  }
}
