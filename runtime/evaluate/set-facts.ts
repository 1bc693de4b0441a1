/** What nodes compare of the pictures that each of them has for itself, by the words in which a difference is told. */
import type { ImageRecipe } from '../data/collection.ts'
import { hashOfLabels, hashOfPictures } from '../data/inspect/collection-hash.ts'
import type { PairSet } from '../data/pairs.ts'
import type { Facts } from '../peers/agree.ts'

/** A data set; pictures without labels have no `label`. */
interface Pictures {
  readonly images: number
  readonly classes: number
  readonly recipe: ImageRecipe
  label?(i: number): number
}

/** Of a data set; `more` are arrays that choose its images. */
export function pictureFacts(
  { images, classes, recipe, label }: Pictures,
  more: readonly ArrayBufferView[] = [],
): Facts {
  return {
    'the number of images': String(images),
    'the number of classes': String(classes),
    'the hash of the labels': label === undefined ? 'none' : hashOfLabels({ images, recipe, label }),
    'the hash of the names and places of images': hashOfPictures(recipe, more),
  }
}

/** What makes templates of pictures, and pairs of templates; see `IjbSet`. */
type Templates = Readonly<Record<'template' | 'medium' | 'detector' | 'first' | 'second', ArrayBufferView>>

/** Of a set of pairs, or of templates. */
export function setFacts(name: string, pairs: Omit<PairSet, 'name'>, templates?: Templates): Facts {
  const { recipe, images, same } = pairs
  const { template, medium, detector, first, second } = templates ?? {}
  const own = [pairs.pairs, same, template, medium, detector, first, second].filter((array) => array !== undefined)
  return {
    [`the number of images of \`${name}\``]: String(images),
    [`the number of pairs of \`${name}\``]: String(same.length),
    [`the hash of \`${name}\``]: hashOfPictures(recipe, own),
  }
}
