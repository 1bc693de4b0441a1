/** Opens encoded images that are files. */
import { closeSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { EncodedImages, FileImages } from '../collection.ts'
import { dataErrors, reasonOf } from '../messages.ts'
import { openRegular } from '../open-regular.ts'
import { textAt } from '../text-table.ts'

/** The bytes of a picture's file. Throws ARC6206. */
export function readPicture(file: string): Uint8Array {
  const { handle } = openRegular(file)
  try {
    return readFileSync(handle)
  } catch (error) {
    throw dataErrors('ARC6206', { file, reason: reasonOf(error) }, error)
  } finally {
    closeSync(handle)
  }
}

/** `read` throws ARC6206. */
export function openFileImages({ paths, root = '/' }: FileImages): EncodedImages {
  const pathOf = (i: number) => resolve(root, textAt(paths, i))
  return {
    read: (i) => readPicture(pathOf(i)),
    nameOf: pathOf,
    pathOf,
    close: () => undefined,
  }
}
