/** Which decoder a run uses for flawless JPEGs: libturbojpeg if there is one, otherwise arcc's own in WebAssembly, otherwise sharp. */
import { dataErrors } from '../messages.ts'
import { type JpegDecoder, UnusableDecoder } from './decoder.ts'
import { findTurboJpeg, openTurbo } from './turbo.ts'
import { openWasmJpeg } from './wasm.ts'

/** The decoder, and why not a faster one. Survives structured cloning: every thread opens its own. */
export type JpegChoice =
  | { readonly kind: 'turbojpeg'; readonly library: string }
  | { readonly kind: 'wasm'; readonly reason: string }
  | { readonly kind: 'sharp'; readonly reason: string }

/**
 * Tries the decoders in order. `ARCC_JPEG=sharp` rules out all but sharp, `ARCC_TURBOJPEG=off` only libturbojpeg. Throws ARC6262 if
 * `ARCC_TURBOJPEG` names a library that cannot be used, and ARC6265 for any other value of `ARCC_JPEG`.
 */
export function findJpegDecoder(env: NodeJS.ProcessEnv = process.env): JpegChoice {
  const wanted = env.ARCC_JPEG ?? ''
  if (wanted === 'sharp') return { kind: 'sharp', reason: 'ARCC_JPEG is sharp' }
  if (wanted !== '') throw dataErrors('ARC6265', { value: wanted })
  const turbo = findTurboJpeg(env.ARCC_TURBOJPEG ?? '')
  if (turbo.found) return { kind: 'turbojpeg', library: turbo.library }
  try {
    openWasmJpeg().close()
    return { kind: 'wasm', reason: turbo.reason }
  } catch (error) {
    if (!(error instanceof UnusableDecoder)) throw error
    return { kind: 'sharp', reason: `${turbo.reason}; ${error.message}` }
  }
}

/**
 * Opens the decoder that was chosen; `undefined` if that is sharp, which needs no opening. A thread in which WebAssembly does not start,
 * for instance for lack of memory, decodes with sharp, to the same bytes. Throws an `UnusableDecoder` for libturbojpeg.
 */
export function openJpegDecoder(choice: JpegChoice): JpegDecoder | undefined {
  switch (choice.kind) {
    case 'turbojpeg':
      return openTurbo(choice.library)
    case 'wasm':
      return openWasmIfItStarts()
    case 'sharp':
      return undefined
  }
}

function openWasmIfItStarts(): JpegDecoder | undefined {
  try {
    return openWasmJpeg()
  } catch (error) {
    if (error instanceof UnusableDecoder) return undefined
    throw error
  }
}
