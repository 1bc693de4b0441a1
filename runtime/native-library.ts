/** Opens shared libraries. koffi takes no configuration after the first one, so all of arcc gets them here. */
import { createRequire } from 'node:module'
import type koffi from 'koffi'

type Koffi = typeof koffi
export type NativeLibrary = ReturnType<Koffi['load']>

/** The C++ compiler inside XLA runs on koffi's stacks, whose default for threads (128 KiB) is too small for it. */
const threadStack = 16 * 2 ** 20
/** `RTLD_NOW | RTLD_NODELETE` of Linux and of macOS. */
const pinFlags: Readonly<Record<string, number>> = { linux: 0x1002, darwin: 0x82 }

let loaded: Koffi | undefined

/** Loaded when it is first wanted: the compiler may ask for this computer's GPUs, seldom does, and does not wait. */
function native(): Koffi {
  if (loaded === undefined) {
    loaded = createRequire(import.meta.url)('koffi') as Koffi
    loaded.config({ async_stack_size: threadStack })
  }
  return loaded
}

/**
 * Node unloads the libraries of an ended thread or process while their own threads still run in them, which crashes;
 * a library opened with RTLD_NODELETE stays.
 */
function pinLibrary(path: string): void {
  const flags = pinFlags[process.platform]
  if (flags !== undefined) processLibrary().func('void* dlopen(const char*, int)')(path, flags)
}

/** The process itself with the C library in it. */
export function processLibrary(): NativeLibrary {
  return native().load(null)
}

/**
 * A library by its path, or by a name that the system's loader looks up. With `global`, libraries opened later find its symbols.
 * Throws koffi's error where there is none or it does not load.
 */
export function openLibrary(path: string, options: { readonly global?: boolean } = {}): NativeLibrary {
  pinLibrary(path)
  return native().load(path, { global: options.global ?? false })
}
