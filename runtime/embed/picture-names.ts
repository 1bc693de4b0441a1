/** The names of embedded pictures, the same wherever a data set lies. */
import { basename } from 'node:path'
import { need } from '../../grammar/diagnostic.ts'
import type { EncodedImages, ImageRecipe } from '../data/collection.ts'
import { openImages } from '../data/formats/open-images.ts'

export interface PictureNames {
  /**
   * A file's path in the root of its set; a record's key, after the file's name if there are several; otherwise the file's name and
   * the place in it.
   */
  nameOf(i: number): string
  close(): void
}

const opened = (images: Pick<EncodedImages, 'nameOf' | 'close'>, shorten: (name: string) => string): PictureNames => ({
  nameOf: (i) => shorten(images.nameOf(i)),
  close: () => images.close(),
})

/** The caller closes it. */
export function openPictureNames(recipe: ImageRecipe): PictureNames {
  switch (recipe.kind) {
    case 'files':
    case 'listed': {
      const root = recipe.root ?? ''
      const start = root.endsWith('/') ? root : `${root}/`
      return opened(openImages(recipe), (path) => (path.startsWith(start) ? path.slice(start.length) : path))
    }
    case 'records': {
      const { files, file, firstKey, offsets } = recipe
      const place = (i: number) => (firstKey === undefined ? `byte ${offsets[i]}` : String(firstKey + i))
      const isAlone = files.length === 1 && firstKey !== undefined
      const nameOf = (i: number) => (isAlone ? place(i) : `${basename(files[file?.[i] ?? 0] ?? '')} ${place(i)}`)
      return { nameOf, close() {} }
    }
    case 'mixed': {
      const parts = recipe.parts.map(openPictureNames)
      return {
        nameOf: (i) => need(parts[recipe.part[i] ?? -1], `the part of picture ${i}`).nameOf(recipe.index[i] ?? 0),
        close() {
          for (const part of parts) part.close()
        },
      }
    }
    case 'drawn':
      return { nameOf: (i) => `generated face ${i}`, close() {} }
    case 'bytes':
    case 'ranges':
    case 'parquet':
      return opened(openImages(recipe), (name) => name)
  }
}
