/**
 * Hashes by which computers compare a data set that each of them has for itself: they depend on the labels, and on the order, names
 * and places of pictures in their files, but not on where the files lie. No picture is read.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { basename } from 'node:path'
import type { ImageRecipe, ListedImages, TextTable } from '../collection.ts'
import { openImages } from '../formats/open-images.ts'

export type Hash = ReturnType<typeof createHash>

/** Bytes that are hashed at once: Node takes no more than 2^31 - 1. */
const block = 2 ** 28

/** Pictures that are looked at where looking at all of them would read files. */
const mostRead = 1024

/** Labels that are hashed at once. */
const labelBlock = 2 ** 20

/** Hexadecimal digits that are compared. */
const digits = 16

/** Adds an array: its size and its bytes. */
export function addArray(hash: Hash, array: ArrayBufferView): void {
  hash.update(`${array.byteLength} bytes `)
  for (let at = 0; at < array.byteLength; at += block) {
    hash.update(new Uint8Array(array.buffer, array.byteOffset + at, Math.min(block, array.byteLength - at)))
  }
}

/** Images whose labels are compared. */
interface Labeled {
  readonly images: number
  readonly recipe: ImageRecipe
  label(i: number): number
}

/** The hash of the labels in the order of the images; those of 1024 spread images where labels have to be read from files. */
export function hashOfLabels({ images, recipe, label }: Labeled): string {
  const hash = createHash('sha256').update(`${images} `)
  const step = readsLabels(recipe) ? Math.max(1, Math.ceil(images / mostRead)) : 1
  const labels = new Uint32Array(Math.min(labelBlock, images))
  let held = 0
  for (let i = 0; i < images; i += step) {
    labels[held++] = label(i)
    if (held < labels.length) continue
    hash.update(labels)
    held = 0
  }
  return hash.update(labels.subarray(0, held)).digest('hex').slice(0, digits)
}

function readsLabels(recipe: ImageRecipe): boolean {
  if (recipe.kind === 'mixed') return recipe.parts.some(readsLabels)
  return recipe.kind === 'records' && recipe.labels !== undefined
}

/** The hash of what identifies the pictures of a recipe, and of arrays that belong to them. */
export function hashOfPictures(recipe: ImageRecipe, more: readonly ArrayBufferView[] = []): string {
  const hash = createHash('sha256')
  addPictures(hash, recipe)
  for (const array of more) addArray(hash, array)
  return hash.digest('hex').slice(0, digits)
}

/** The hash of texts in their order. */
export function hashOfTexts(texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(`${text}\n`)
  return hash.digest('hex').slice(0, digits)
}

function addPictures(hash: Hash, recipe: ImageRecipe): void {
  hash.update(`${recipe.kind} `)
  switch (recipe.kind) {
    case 'records':
      addSizes(hash, recipe.files)
      addArray(hash, recipe.offsets)
      if (recipe.file !== undefined) addArray(hash, recipe.file)
      return
    case 'ranges':
      addSizes(hash, recipe.files)
      addArray(hash, recipe.offsets)
      addArray(hash, recipe.lengths)
      addArray(hash, recipe.file)
      return
    case 'files':
      addPaths(hash, recipe.paths)
      if (recipe.points !== undefined) addArray(hash, recipe.points)
      return
    case 'listed':
      addListed(hash, recipe)
      return
    case 'parquet':
      addSizes(hash, recipe.files)
      hash.update(`${recipe.column} `)
      addArray(hash, recipe.firsts)
      return
    case 'bytes':
      addArray(hash, recipe.starts)
      addArray(hash, recipe.bytes)
      return
    case 'drawn':
      hash.update(`${recipe.perIdentity} ${recipe.seed} ${recipe.nuisance} `)
      return
    case 'mixed':
      for (const part of recipe.parts) addPictures(hash, part)
      addArray(hash, recipe.part)
      addArray(hash, recipe.index)
  }
}

function addSizes(hash: Hash, files: readonly string[]): void {
  hash.update(`${files.length} files `)
  for (const file of files) hash.update(`${statSync(file, { throwIfNoEntry: false })?.size} `)
}

/** Absolute paths count from the folder that all of them have in common. */
function addPaths(hash: Hash, { bytes, starts }: TextTable): void {
  const common = commonFolder(bytes, starts)
  if (common === 0) {
    addArray(hash, bytes)
    addArray(hash, starts)
    return
  }
  for (let i = 0; i + 1 < starts.length; i++) {
    hash.update(bytes.subarray((starts[i] ?? 0) + common, starts[i + 1])).update('\n')
  }
}

const slash = '/'.charCodeAt(0)

/** Bytes of the folder in which all absolute paths lie; 0 if paths are not absolute. */
function commonFolder(bytes: Uint8Array, starts: Float64Array): number {
  const first = bytes.subarray(starts[0], starts[1])
  if (first[0] !== slash) return 0
  let common = first.length
  for (let i = 1; i + 1 < starts.length; i++) {
    const from = starts[i] ?? 0
    common = Math.min(common, (starts[i + 1] ?? 0) - from)
    for (let at = 0; at < common; at++) if (bytes[from + at] !== first[at]) common = at
  }
  return first.subarray(0, common).lastIndexOf(slash) + 1
}

/** The paths stay in the list, which may name other folders on another computer: the names of spread pictures count. */
function addListed(hash: Hash, recipe: ListedImages): void {
  const count = recipe.lines.length
  const images = openImages(recipe)
  try {
    for (let i = 0; i < count; i += Math.max(1, Math.ceil(count / mostRead))) {
      hash.update(`${basename(images.pathOf?.(i) ?? images.nameOf(i))}\n`)
    }
  } finally {
    images.close()
  }
}
