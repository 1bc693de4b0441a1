/** How many bytes a collection takes on the disk. */
import { stat } from 'node:fs/promises'
import type { ImageRecipe } from '../collection.ts'
import { openImages } from '../formats/open-images.ts'
import { spread } from '../jobs/spread.ts'
import { textCount } from '../text-table.ts'

export interface DiskBytes {
  readonly bytes: number
  /** Whether the figure was projected from a sample. */
  readonly estimated: boolean
}

/** More files than this are sampled. */
const mostFiles = 20_000
const atOnce = 64

/** The files of a recipe that hold pictures; for pictures in their own files, a spread sample of `most`. */
export function filesOf(
  recipe: ImageRecipe,
  most: number,
): { readonly files: readonly string[]; readonly total: number } {
  if (recipe.kind === 'drawn' || recipe.kind === 'bytes') return { files: [], total: 0 }
  if (recipe.kind === 'mixed') {
    const parts = recipe.parts.map((part) => filesOf(part, most))
    return { files: parts.flatMap(({ files }) => files), total: parts.reduce((sum, { total }) => sum + total, 0) }
  }
  if (recipe.kind !== 'files' && recipe.kind !== 'listed') return { files: recipe.files, total: recipe.files.length }
  const total = recipe.kind === 'files' ? textCount(recipe.paths) : recipe.lines.length
  const images = openImages(recipe)
  try {
    return { files: spread(total, most).map((i) => images.pathOf?.(i) ?? images.nameOf(i)), total }
  } finally {
    images.close()
  }
}

/** Files that cannot be examined count as empty: `check` reports them. */
export async function diskBytes(recipe: ImageRecipe): Promise<DiskBytes> {
  const { files, total } = filesOf(recipe, mostFiles)
  let bytes = 0
  const queue = files.values()
  const worker = async () => {
    for (const file of queue) {
      const found = await stat(file).catch(() => undefined)
      bytes += found?.size ?? 0
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  if (files.length === total) return { bytes, estimated: false }
  return { bytes: Math.round((bytes / Math.max(1, files.length)) * total), estimated: true }
}
