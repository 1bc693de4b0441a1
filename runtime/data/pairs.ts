/**
 * Verification pairs: two images and whether they show the same person. They come from held-out people (of a folder, or synthetic
 * identities beyond the training ones), from InsightFace's `.bin` files (`bin-pairs.ts`) or from lists (`list-pairs.ts`).
 */
import type { ImageRecipe } from './collection.ts'
import { cachedPictures, type Pictures } from './dataset.ts'
import { decodeImage } from './decode-image.ts'
import { drawPairs } from './draw-pairs.ts'
import type { FolderIndex } from './folder.ts'
import { toFaceSize } from './image.ts'
import { openImages } from './open-images.ts'
import { renderFace, type SyntheticSpec } from './synthetic.ts'
import { buildTextTable } from './text-table.ts'

/** Pair p compares images `pairs[2p]` and `pairs[2p + 1]`. Each image is stored once, however many pairs use it. */
export interface PairSet extends Pictures {
  readonly name: string
  readonly pairs: Int32Array
  /** 1 if pair p shows one person. */
  readonly same: Uint8Array
  /** The same images for workers, which open them with their own file handles. */
  readonly recipe: ImageRecipe
}

/** Renumbers the images that pairs use, in ascending order of their old numbers. */
function compact(pairs: Int32Array): { readonly used: readonly number[]; readonly pairs: Int32Array } {
  const used = [...new Set(pairs)].sort((a, b) => a - b)
  const renumbered = new Map(used.map((old, i) => [old, i]))
  return { used, pairs: pairs.map((old) => renumbered.get(old) ?? 0) }
}

function groups(sizes: readonly number[]): number[][] {
  let next = 0
  return sizes.map((size) => Array.from({ length: size }, () => next++))
}

/** `count` same and `count` different pairs of the people in a folder. */
export function folderPairs(index: FolderIndex, count: number, seed: number, cacheBytes?: number): PairSet {
  const files = index.identities.flatMap((person) => person.files)
  const drawn = drawPairs(groups(index.identities.map((person) => person.files.length)), count, seed, index.root)
  const { used, pairs } = compact(drawn.pairs)
  const recipe = fileRecipe(used.map((i) => files[i] ?? ''))
  return recipePairs({ name: `held-out people of ${index.root}`, recipe, pairs, same: drawn.same }, cacheBytes)
}

/** Pairs of `people` synthetic identities that `spec` does not train on: numbers `spec.identities` and up. */
export function syntheticPairs(
  spec: SyntheticSpec,
  people: number,
  imagesPerPerson: number,
  count: number,
  cacheBytes?: number,
): PairSet {
  const name = `${people} unseen synthetic people`
  const drawn = drawPairs(groups(Array.from({ length: people }, () => imagesPerPerson)), count, spec.seed, name)
  const { used, pairs } = compact(drawn.pairs)
  const make = (i: number) => {
    const image = used[i] ?? 0
    const sample = image % imagesPerPerson
    const identity = spec.identities + (image - sample) / imagesPerPerson
    return renderFace({ seed: spec.seed, identity, sample, nuisance: spec.nuisance })
  }
  const drawnImages = { kind: 'drawn', perIdentity: imagesPerPerson, seed: spec.seed, nuisance: spec.nuisance } as const
  const recipe: ImageRecipe = {
    kind: 'mixed',
    parts: [drawnImages],
    part: new Uint16Array(new SharedArrayBuffer(2 * used.length)),
    index: new Uint32Array(new SharedArrayBuffer(4 * used.length)),
  }
  for (const [i, image] of used.entries()) recipe.index[i] = spec.identities * imagesPerPerson + image
  return { ...cachedPictures(used.length, make, cacheBytes), name, pairs, same: drawn.same, recipe }
}

/** Images that are files, as paths. */
export function fileRecipe(files: readonly string[]): ImageRecipe {
  const paths = buildTextTable()
  for (const file of files) paths.add(file)
  return { kind: 'files', paths: paths.build() }
}

/** What a set of encoded pictures consists of. */
interface RecipeSpec {
  readonly name: string
  readonly recipe: ImageRecipe
  /** i32[P, 2], image numbers of the recipe. */
  readonly pairs: Int32Array
  readonly same: Uint8Array
}

/** The pairs of encoded pictures. */
export function recipePairs({ recipe, ...spec }: RecipeSpec, cacheBytes?: number): PairSet {
  const images = spec.pairs.reduce((most, i) => Math.max(most, i + 1), 0)
  const encoded = openImages(recipe)
  // The bytes are valid until the next read, and several images are decoded at a time.
  const make = async (i: number) => toFaceSize(await decodeImage((await encoded.read(i)).slice(), encoded.nameOf(i)))
  const pictures = cachedPictures(images, make, cacheBytes)
  return {
    ...pictures,
    ...spec,
    recipe,
    dispose() {
      pictures.dispose()
      encoded.close()
    },
  }
}
