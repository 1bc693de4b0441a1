/**
 * A loaded PJRT plugin and the only way to call it. `call` fills `struct_size`, checks that the plugin has the method, and turns
 * a `PJRT_Error*` into a `PjrtError`; `callAsync` does the same on a koffi thread, for long operations.
 */
import koffi from 'koffi'
import { need } from '../../../grammar/diagnostic.ts'
import { openLibrary } from '../../native-library.ts'
import { describeCut } from '../../whole-library.ts'
import { errorCodes, methods } from './abi.gen.ts'
import { PjrtError, xlaError } from './errors.ts'
import { type FieldInputs, type FieldKind, type Memory, makeStruct, readString } from './memory.ts'

export type Method = keyof typeof methods
type FieldsOf<M extends Method> = (typeof methods)[M]['fields']
type OutputOf<K extends FieldKind> = K extends 'pointer' ? bigint : K extends 'bool' ? boolean : number

/** The argument struct after the call. */
export interface Reply<M extends Method> {
  /** The value of a field; 64-bit integers come as numbers (they are sizes and counts), pointers as bigints. */
  get<N extends keyof FieldsOf<M>>(
    field: N,
  ): FieldsOf<M>[N] extends readonly [number, infer K extends FieldKind] ? OutputOf<K> : never
}

/** `PJRT_Api`: struct_size, extension_start, the version struct of 24 bytes, then the methods. */
const firstMethodOffset = 40

/**
 * The extension for foreign functions (xla/pjrt/extensions/ffi/ffi_extension.h): its type, and where its methods and the arguments of
 * one lie. Older plugins have a smaller struct.
 */
const ffi = {
  extensionType: 5,
  extensionSize: 48,
  registerOffset: 40,
  argsSize: 52,
  args: {
    target_name: [8, 'pointer'],
    target_name_size: [16, 'i64'],
    handler: [24, 'pointer'],
    platform_name: [32, 'pointer'],
    platform_name_size: [40, 'i64'],
  },
} as const

const methodType = koffi.proto('void* PjrtMethod(void* args)')

interface NativeMethod {
  (args: Buffer): bigint | null
  async: (args: Buffer, done: (error: Error | null, result: bigint | null) => void) => void
}

/** Memory that must not be garbage collected during a call. */
const inUse = new Set<Memory>()

/**
 * XLA writes notes on stderr, and errors that it also returns; each of those becomes a `PjrtError`, so only fatal ones are shown.
 * Read when the library is loaded.
 */
function quietStart(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '3'
}

export class PjrtLibrary {
  readonly path: string
  readonly version: { readonly major: number; readonly minor: number }
  readonly #api: bigint
  readonly #size: number
  readonly #natives = new Map<Method, NativeMethod>()

  private constructor(path: string, api: bigint) {
    this.path = path
    this.#api = api
    this.#size = Number(koffi.decode(api, 0, 'uint64_t'))
    this.version = { major: koffi.decode(api, 32, 'int'), minor: koffi.decode(api, 36, 'int') }
  }

  static readonly #loaded = new Map<string, PjrtLibrary>()

  /** Loads a plugin, once per process and path. Throws ARC6005 if it isn't one. */
  static load(path: string): PjrtLibrary {
    const known = PjrtLibrary.#loaded.get(path)
    if (known !== undefined) return known
    let api: bigint | null
    try {
      const cut = describeCut(path)
      if (cut !== undefined) throw new Error(`the file is cut off: ${cut}`)
      quietStart()
      api = openLibrary(path).func('void* GetPjrtApi()')() as bigint | null
    } catch (error) {
      throw xlaError('ARC6005', { path, reason: error instanceof Error ? error.message : String(error) }, error)
    }
    if (api === null) throw xlaError('ARC6005', { path, reason: 'GetPjrtApi gives nothing' })
    const library = new PjrtLibrary(path, api)
    library.call('PJRT_Plugin_Initialize', {})
    PjrtLibrary.#loaded.set(path, library)
    return library
  }

  /** `0.115` */
  get apiVersion(): string {
    return `${this.version.major}.${this.version.minor}`
  }

  /** Whether this plugin's table contains a method; its argument struct may still lack newer fields. */
  has(method: Method): boolean {
    const offset = firstMethodOffset + methods[method].slot * 8
    return offset + 8 <= this.#size && koffi.decode(this.#api, offset, 'void*') !== null
  }

  /**
   * Registers a handler of XLA's foreign function interface for programs on the CPU. Returns whether the plugin takes it: older ones
   * have the interface in another form.
   */
  registerHandler(target: string, handler: bigint): boolean {
    const extension = this.#extension(ffi.extensionType)
    if (extension === undefined || koffi.decode(extension, 0, 'uint64_t') < ffi.extensionSize) return false
    const register = koffi.decode(extension, ffi.registerOffset, 'void*') as bigint | null
    if (register === null) return false
    const [name, platform] = [Buffer.from(target), Buffer.from('Host')]
    const args = makeStruct(ffi.argsSize, ffi.args, {
      target_name: name,
      target_name_size: name.length,
      handler,
      platform_name: platform,
      platform_name_size: platform.length,
    })
    const error = (koffi.decode(register, methodType) as NativeMethod)(args.bytes)
    if (error !== null) this.call('PJRT_Error_Destroy', { error })
    return error === null
  }

  /** The address of an extension's struct, by the number of its type. */
  #extension(type: number): bigint | undefined {
    let found = koffi.decode(this.#api, 8, 'void*') as bigint | null
    while (found !== null && koffi.decode(found, 8, 'int') !== type)
      found = koffi.decode(found, 16, 'void*') as bigint | null
    return found ?? undefined
  }

  /** Calls a method and waits for it. */
  call<M extends Method>(method: M, inputs: FieldInputs<FieldsOf<M>>): Reply<M> {
    const args = makeStruct(methods[method].size, methods[method].fields, inputs)
    const native = this.#native(method)
    inUse.add(args)
    try {
      this.#check(method, native(args.bytes))
    } finally {
      inUse.delete(args)
    }
    return replyOf(method, args)
  }

  /**
   * A method whose only argument is one pointer, to be called repeatedly: all calls share one argument struct, for operations
   * done thousands of times per second.
   */
  repeat<M extends Method>(method: M, field: keyof FieldsOf<M>): (pointer: bigint) => void {
    const { bytes } = makeStruct(methods[method].size, methods[method].fields, {})
    const fields: Readonly<Record<PropertyKey, readonly [number, FieldKind]>> = methods[method].fields
    const offset = need(fields[field], `${method}.${String(field)}`)[0]
    const native = this.#native(method)
    return (pointer) => {
      bytes.writeBigUInt64LE(pointer, offset)
      this.#check(method, native(bytes))
    }
  }

  /** Calls a method on another thread, without blocking the event loop. */
  async callAsync<M extends Method>(method: M, inputs: FieldInputs<FieldsOf<M>>): Promise<Reply<M>> {
    const args = makeStruct(methods[method].size, methods[method].fields, inputs)
    const native = this.#native(method)
    inUse.add(args)
    try {
      const error = await new Promise<bigint | null>((resolve, reject) => {
        native.async(args.bytes, (failed, result) => (failed === null ? resolve(result) : reject(failed)))
      })
      this.#check(method, error)
    } finally {
      inUse.delete(args)
    }
    return replyOf(method, args)
  }

  #native(method: Method): NativeMethod {
    const known = this.#natives.get(method)
    if (known !== undefined) return known
    if (!this.has(method)) throw xlaError('ARC6006', { method, version: this.apiVersion })
    const pointer = koffi.decode(this.#api, firstMethodOffset + methods[method].slot * 8, 'void*')
    const native = koffi.decode(pointer, methodType) as NativeMethod
    this.#natives.set(method, native)
    return native
  }

  #check(method: Method, error: bigint | null): void {
    if (error === null || method === 'PJRT_Error_Destroy' || method === 'PJRT_Error_Message') return
    const message = this.call('PJRT_Error_Message', { error })
    const text = readString(message.get('message'), message.get('message_size'))
    const code = this.call('PJRT_Error_GetCode', { error }).get('code')
    this.call('PJRT_Error_Destroy', { error })
    throw new PjrtError(method, errorCodes[code] ?? `code ${code}`, text)
  }
}

function replyOf<M extends Method>(method: M, args: Memory): Reply<M> {
  const fields: Readonly<Record<string, readonly [number, FieldKind]>> = methods[method].fields
  return {
    get(name) {
      const [offset, kind] = fields[name as string] ?? [0, 'i64']
      return readField(args.bytes, offset, kind) as never
    },
  }
}

function readField(bytes: Buffer, offset: number, kind: FieldKind): bigint | number | boolean {
  switch (kind) {
    case 'pointer':
      return bytes.readBigUInt64LE(offset)
    case 'i64':
      return Number(bytes.readBigInt64LE(offset))
    case 'i32':
      return bytes.readInt32LE(offset)
    case 'f32':
      return bytes.readFloatLE(offset)
    case 'bool':
      return bytes.readUInt8(offset) !== 0
  }
}
