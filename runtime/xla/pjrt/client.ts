/** A PJRT client and its devices. */
import { xlaError } from './errors.ts'
import type { PjrtLibrary } from './library.ts'
import { readPointers, readString, structArray } from './memory.ts'
import { namedValue, type Options } from './named-value.ts'

interface Disposable {
  dispose(): void
}

/** PJRT's key-value callbacks: addresses of functions that the plugin calls on its own threads, and of what it passes to them. */
export interface KeyValueCallbacks {
  readonly get: bigint
  readonly tryGet: bigint
  readonly put: bigint
  readonly argument: bigint
}

/** A device of any process. */
export interface GlobalDevice {
  /** Its number among the devices of all processes. */
  readonly id: number
  /** The number of its process. */
  readonly process: number
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
   * A client with at least `devices` devices, created with the plugin's own options; with `store`, one of several processes, which
   * waits for the others. Throws ARC6007 if the platform has fewer devices.
   */
  static async create(
    library: PjrtLibrary,
    devices: number,
    options: Options,
    store?: KeyValueCallbacks,
  ): Promise<PjrtClient> {
    const values = Object.entries(options).map(([name, value]) => namedValue(name, value))
    const given = { create_options: structArray(values), num_options: values.length, ...callbackFields(store) }
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

  /** The devices of all processes, in the plugin's order. */
  globalDevices(): readonly GlobalDevice[] {
    const { library, pointer: client } = this
    const reply = library.call('PJRT_Client_Devices', { client })
    return readPointers(reply.get('devices'), reply.get('num_devices')).map((device) => {
      const device_description = this.#describe(device)
      const id = library.call('PJRT_DeviceDescription_Id', { device_description }).get('id')
      const described = library.call('PJRT_DeviceDescription_ProcessIndex', { device_description })
      return { id, process: described.get('process_index') }
    })
  }

  /** The plugin's name for a device: `cpu`, `NVIDIA H100 80GB HBM3`. */
  kindOf(device: bigint): string {
    const kind = this.library.call('PJRT_DeviceDescription_Kind', { device_description: this.#describe(device) })
    return readString(kind.get('device_kind'), kind.get('device_kind_size'))
  }

  #describe(device: bigint): bigint {
    return this.library.call('PJRT_Device_GetDescription', { device }).get('device_description')
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    for (const handle of [...this.live.buffers, ...this.live.executables]) handle.dispose()
    this.library.call('PJRT_Client_Destroy', { client: this.pointer })
  }
}

function callbackFields(store: KeyValueCallbacks | undefined) {
  if (store === undefined) return {}
  const { get, tryGet, put, argument } = store
  return {
    kv_get_callback: get,
    kv_get_user_arg: argument,
    kv_put_callback: put,
    kv_put_user_arg: argument,
    kv_try_get_callback: tryGet,
    kv_try_get_user_arg: argument,
  }
}
