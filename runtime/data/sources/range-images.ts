/** Opens images that are byte ranges of files: the pictures in tar shards and in `.bin` sets. */
import { basename } from 'node:path'
import type { EncodedImages, RangeImages } from '../collection.ts'
import { openFiles } from './open-files.ts'

/** `read` throws ARC6206 and ARC6298. */
export function openRangeImages({ files, offsets, lengths, file }: RangeImages): EncodedImages {
  const open = openFiles(files)
  return {
    read: (i) => open.bytes(file[i] ?? 0, offsets[i] ?? 0, lengths[i] ?? 0),
    nameOf: (i) => `${basename(files[file[i] ?? 0] ?? '')} byte ${offsets[i]}`,
    close: open.close,
  }
}
