/** Opens encoded images that are files. */
import { readFileSync } from 'node:fs'
import type { EncodedImages, FileImages } from '../collection.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { textAt } from '../text-table.ts'

/** `read` throws ARC6206. */
export function openFileImages({ paths }: FileImages): EncodedImages {
  return {
    read(i) {
      const file = textAt(paths, i)
      try {
        return readFileSync(file)
      } catch (error) {
        throw dataErrors('ARC6206', { file, reason: reasonOf(error) }, error)
      }
    },
    nameOf: (i) => textAt(paths, i),
    close: () => undefined,
  }
}
