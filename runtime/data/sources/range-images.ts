/** Opens encoded images that are byte ranges of files. */
import { closeSync, openSync, readSync } from 'node:fs'
import type { EncodedImages, RangeImages } from '../collection.ts'
import { dataErrors, reasonOf } from '../messages.ts'

/** `read` throws ARC6206 if a file cannot be read or has become shorter. */
export function openRangeImages({ files, offsets, lengths, file }: RangeImages): EncodedImages {
  const handles = new Map<number, number>()
  const pathOf = (i: number) => files[file[i] ?? 0] ?? ''
  const handleOf = (number: number): number => {
    const handle = handles.get(number) ?? openSync(files[number] ?? '', 'r')
    handles.set(number, handle)
    return handle
  }
  return {
    read(i) {
      const bytes = new Uint8Array(lengths[i] ?? 0)
      const refuse = (reason: string, cause?: unknown) => dataErrors('ARC6206', { file: pathOf(i), reason }, cause)
      let done = 0
      try {
        const handle = handleOf(file[i] ?? 0)
        for (let got = -1; got !== 0 && done < bytes.length; done += got) {
          got = readSync(handle, bytes, done, bytes.length - done, (offsets[i] ?? 0) + done)
        }
      } catch (error) {
        throw refuse(reasonOf(error), error)
      }
      if (done < bytes.length) throw refuse('it has become shorter')
      return bytes
    },
    nameOf: (i) => `${pathOf(i)} picture ${i}`,
    close() {
      for (const handle of handles.values()) closeSync(handle)
      handles.clear()
    },
  }
}
