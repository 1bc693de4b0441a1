/**
 * libturbojpeg (libjpeg-turbo 2 and later) through its C API: a tenth of sharp's time for a face crop. For what it takes, see
 * `decoder.ts`.
 */
import { type NativeLibrary, openLibrary } from '../../native-library.ts'
import type { Image } from '../image.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { type JpegDecoder, tested, UnusableDecoder } from './decoder.ts'
import type { JpegSize } from './plain.ts'

/** Names for the system's loader; the first that loads is used. */
const systemNames: Readonly<Record<string, readonly string[]>> = {
  linux: ['libturbojpeg.so.0'],
  darwin: ['libturbojpeg.dylib', '/opt/homebrew/lib/libturbojpeg.dylib', '/usr/local/lib/libturbojpeg.dylib'],
  win32: ['turbojpeg.dll'],
}

/** `TJPF_RGB` */
const rgb = 0
/** `TJCS_YCbCr` and `TJCS_GRAY` */
const plainSpaces: ReadonlySet<number> = new Set([1, 2])
/** `TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS` */
const flags = 4096 | 8192 | 32768

/** Which library decodes, or why none does. */
export type FoundTurbo =
  | { readonly found: true; readonly library: string; open(): JpegDecoder }
  | { readonly found: false; readonly reason: string }

function bind(library: string, native: NativeLibrary): JpegDecoder {
  const header = native.func(
    'int tjDecompressHeader3(void*, const uint8_t*, unsigned long, _Out_ int*, _Out_ int*, _Out_ int*, _Out_ int*)',
  )
  const decompress = native.func(
    'int tjDecompress2(void*, const uint8_t*, unsigned long, uint8_t*, int, int, int, int, int)',
  )
  const destroy = native.func('int tjDestroy(void*)')
  const create = native.func('void* tjInitDecompress()')
  const [width, height, sampling, space] = [[0], [0], [0], [-1]]
  let handle: unknown = create()
  if (handle === null) throw new Error('tjInitDecompress failed')
  const decompressed = (bytes: Uint8Array, size: JpegSize, into?: Uint8Array): Image | undefined => {
    if (header(handle, bytes, bytes.length, width, height, sampling, space) !== 0) return undefined
    // The library allocates nothing by the sizes it reads: both readers must agree on the bytes that it will write.
    if (width[0] !== size.width || height[0] !== size.height || !plainSpaces.has(space[0] ?? -1)) return undefined
    const length = size.width * size.height * 3
    const data = into?.length === length ? into : new Uint8Array(length)
    const status: unknown = decompress(handle, bytes, bytes.length, data, size.width, 0, size.height, rgb, flags)
    return status === 0 ? { ...size, data } : undefined
  }
  return {
    name: library,
    decode(bytes, size, into) {
      if (handle === null) return undefined
      const image = decompressed(bytes, size, into)
      if (image !== undefined) return image
      // After a fault in a header, the library goes on with it in the next picture.
      destroy(handle)
      handle = create()
      return undefined
    },
    close() {
      if (handle !== null) destroy(handle)
      handle = null
    },
  }
}

/** Replaces the text of another library, unless the failure has been named already. */
function attempt<T>(body: () => T, failure: string): T {
  try {
    return body()
  } catch (error) {
    throw error instanceof UnusableDecoder ? error : new UnusableDecoder(failure, { cause: error })
  }
}

/** A decoder of the library, after comparing its samples. Throws an `UnusableDecoder`. */
export function openTurbo(library: string): JpegDecoder {
  const load = () => attempt(() => openLibrary(library), `the system finds no library ${library} for this computer`)
  return tested(attempt(() => bind(library, load()), `${library} lacks the functions of libjpeg-turbo 2`))
}

/**
 * The library of `ARCC_TURBOJPEG` (a path, or `off` for none), or the one that the system has. Throws ARC6262 if the variable names
 * one that cannot be used.
 */
export function findTurboJpeg(named = process.env.ARCC_TURBOJPEG ?? ''): FoundTurbo {
  if (named === 'off') return { found: false, reason: 'ARCC_TURBOJPEG is off' }
  const names = named === '' ? (systemNames[process.platform] ?? []) : [named]
  const reasons: string[] = []
  for (const library of names) {
    try {
      openTurbo(library).close()
      return { found: true, library, open: () => openTurbo(library) }
    } catch (error) {
      reasons.push(reasonOf(error))
    }
  }
  const reason = reasons.at(-1) ?? 'no name of the library is known for this system'
  if (named !== '') throw dataErrors('ARC6262', { file: named, reason })
  return { found: false, reason }
}
