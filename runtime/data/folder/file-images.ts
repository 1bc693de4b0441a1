/** Opens encoded images that are files. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { EncodedImages, FileImages } from '../collection.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { textAt } from '../text-table.ts'

/** `read` throws ARC6206. */
export function openFileImages({ paths, root = '/' }: FileImages): EncodedImages {
  const pathOf = (i: number) => resolve(root, textAt(paths, i))
  return {
    read(i) {
      const file = pathOf(i)
      try {
        return readFileSync(file)
      } catch (error) {
        throw dataErrors('ARC6206', { file, reason: reasonOf(error) }, error)
      }
    },
    nameOf: pathOf,
    close: () => undefined,
  }
}
