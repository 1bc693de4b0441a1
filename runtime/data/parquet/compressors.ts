/**
 * Unpacks pages of parquet files. Node has gzip and brotli itself; all are bounded by the size that the page announces, which the
 * caller has checked.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { decompress } from 'fzstd'
import type { Compressors } from 'hyparquet'
import { decompressLz4, decompressLz4Raw, decompressSnappy } from 'hyparquet-compressors'

/** Snappy and LZ4 are those of hyparquet-compressors, which write into a buffer of the announced size. */
export const compressors: Compressors = {
  SNAPPY: decompressSnappy,
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
  GZIP: (input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) }),
  BROTLI: (input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  // Without a buffer, fzstd reserves what the frame announces, which may be gigabytes.
  ZSTD: (input, length) => decompress(input, new Uint8Array(length)),
}
