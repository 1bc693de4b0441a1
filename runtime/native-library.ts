/** Opens shared libraries. koffi's configuration cannot change after its first use, so all native code of arcc is loaded here. */
import { createRequire } from 'node:module'
import type koffi from 'koffi'

type Koffi = typeof koffi
export type NativeLibrary = ReturnType<Koffi['load']>

/** The C++ compiler inside XLA runs on koffi's stacks, whose default for threads (128 KiB) is too small for it. */
const threadStack = 16 * 2 ** 20
/** `RTLD_NOW | RTLD_NODELETE` of Linux and of macOS. */
const pinFlags: Readonly<Record<string, number>> = { linux: 0x1002, darwin: 0x82 }

let loaded: Koffi | undefined

/** Loaded on first use: the compiler may query this computer's GPUs, but rarely does. */
function native(): Koffi {
  if (loaded === undefined) {
    loaded = createRequire(import.meta.url)('koffi') as Koffi
    loaded.config({ async_stack_size: threadStack })
  }
  return loaded
}

/**
 * Node unloads the libraries of an ended thread or process while their own threads still run in them, which crashes; a library
 * opened with RTLD_NODELETE stays loaded.
 */
function pinLibrary(path: string): void {
  const flags = pinFlags[process.platform]
  if (flags !== undefined) processLibrary().func('void* dlopen(const char*, int)')(path, flags)
}

/** The process itself, including the C library. */
export function processLibrary(): NativeLibrary {
  return native().load(null)
}

/**
 * A library by its path, or by a name for the system's loader. With `global`, libraries opened later find its symbols. Throws
 * koffi's error if there is none or it does not load.
 */
export function openLibrary(path: string, options: { readonly global?: boolean } = {}): NativeLibrary {
  pinLibrary(path)
  return native().load(path, { global: options.global ?? false })
}
