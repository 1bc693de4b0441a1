/**
 * A data set as all formats present it: labeled, still encoded images by number. The process that trains knows their labels; the
 * workers that decode them open the same images from a recipe, each with its own file handles.
 */
import { need } from '../../grammar/diagnostic.ts'

/** Byte strings without one object each, so that tens of millions of paths stay small: item `i` is `bytes[starts[i] … starts[i + 1]]`. */
export interface TextTable {
  /** UTF-8, in shared memory. */
  readonly bytes: Uint8Array<SharedArrayBuffer>
  /** One more than there are items. */
  readonly starts: Float64Array<SharedArrayBuffer>
}

/** The labels that records have, found as the records are read, in whichever thread reads them. */
export interface RecordLabels {
  /** The label of class 0. */
  readonly first: number
  readonly classes: number
  /** The class plus 1 of each record that has been read, 0 of the others. */
  readonly found: Uint32Array<SharedArrayBuffer>
}

/** Images in records of MXNet's RecordIO files. */
export interface RecordImages {
  readonly kind: 'records'
  readonly files: readonly string[]
  /** Byte offset of each record in its file. */
  readonly offsets: Float64Array<SharedArrayBuffer>
  /** Index in `files` of each record; missing if there is one file. */
  readonly file?: Uint16Array<SharedArrayBuffer>
  /** The key of record `i` is `firstKey + i`, for messages; missing if the keys are not consecutive. */
  readonly firstKey?: number
  /** Set if labels are known only once the records have been read. */
  readonly labels?: RecordLabels
}

/** Images that are byte ranges of files, such as members of tar archives. */
export interface RangeImages {
  readonly kind: 'ranges'
  readonly files: readonly string[]
  readonly offsets: Float64Array<SharedArrayBuffer>
  /** Bytes of each image. */
  readonly lengths: Uint32Array<SharedArrayBuffer>
  readonly file: Uint16Array<SharedArrayBuffer>
}

/** Images that are files. */
export interface FileImages {
  readonly kind: 'files'
  /** Absolute paths, or paths in `root`. */
  readonly paths: TextTable
  /** The folder of the paths that are not absolute; missing if all are. */
  readonly root?: string
  /** f32[images,10], five points of each face, by which it is cut out of its picture (`align/similarity.ts`); missing if pictures are faces. */
  readonly points?: Float32Array<SharedArrayBuffer>
}

/** The byte between two fields of a list. With `space`, only the last run of spaces separates: a path may contain spaces, a label not. */
export type Separator = 'tab' | 'comma' | 'semicolon' | 'space'

/**
 * Images that are files, whose paths stay in the list that names them: tens of millions of paths would take more than a gigabyte in
 * memory.
 */
export interface ListedImages {
  readonly kind: 'listed'
  /** The list, alone. */
  readonly files: readonly [string]
  /** The list's size and times when it was read, as `timesOf` gives them. */
  readonly origin: string | undefined
  /** The folder of the paths that are not absolute. */
  readonly root: string
  readonly separator: Separator
  /** Number of the field with the path; -1 is the last one. */
  readonly path: number
  /** Whether `\\` in paths is written as `/`. */
  readonly turn: boolean
  /** Byte offset of each image's line in the list, modulo 2^32. */
  readonly lines: Uint32Array<SharedArrayBuffer>
  /** The images at which the offsets pass 2^32, 2 × 2^32, …: none for lists up to 4 GiB. */
  readonly wraps: readonly number[]
}

/** Cells of a column of parquet files. */
export interface ParquetImages {
  readonly kind: 'parquet'
  readonly files: readonly string[]
  /** Name of the column, with `.bytes` appended if it is a struct as Hugging Face writes it. */
  readonly column: string
  /** Number of the first image of each file, and the number of all images. */
  readonly firsts: Float64Array<SharedArrayBuffer>
}

/** Encoded images in memory, such as those of a verification set: image `i` is `bytes[starts[i] … starts[i + 1]]`. */
export interface BytesImages {
  readonly kind: 'bytes'
  /** For messages, which call image `i` `<name> picture <i>`. */
  readonly name: string
  readonly bytes: Uint8Array<SharedArrayBuffer>
  /** One more than there are images. */
  readonly starts: Float64Array<SharedArrayBuffer>
}

/** Faces that arcc renders: identity `floor(i / perIdentity)`, sample `i % perIdentity`. */
export interface DrawnImages {
  readonly kind: 'drawn'
  readonly perIdentity: number
  readonly seed: number
  readonly nuisance: number
}

/** Images of several collections: image `i` is image `index[i]` of `parts[part[i]]`. */
export interface MixedImages {
  readonly kind: 'mixed'
  readonly parts: readonly ImageRecipe[]
  readonly part: Uint16Array<SharedArrayBuffer>
  readonly index: Uint32Array<SharedArrayBuffer>
}

/** How to open images anywhere; survives structured cloning, and its arrays are shared, not copied. */
export type ImageRecipe =
  | RecordImages
  | RangeImages
  | FileImages
  | ListedImages
  | ParquetImages
  | BytesImages
  | DrawnImages
  | MixedImages

/** Some images of a recipe by their numbers in it: all from one on, or a list. */
export type ImageSelection = { readonly from: number } | { readonly list: Uint32Array<SharedArrayBuffer> }

/** The number in the recipe of image `i` of a selection. */
export function selectedNumber(select: ImageSelection, i: number): number {
  return 'from' in select ? select.from + i : need(select.list[i], `image ${i} of a selection`)
}

/** What a format left out while listing images, for people: `6 files that are not pictures`, with examples. */
export interface LeftOut {
  readonly what: string
  readonly count: number
  /** The first few, as paths relative to the root. */
  readonly examples: readonly string[]
}

/** All images of a data set, before any are held out. */
export interface Collection {
  /** For messages and the header of a run. */
  readonly name: string
  readonly images: number
  readonly classes: number
  /** The class of image `i`: 0 … classes - 1. Reads its record if neither a list gives the class nor a thread has read the image. */
  label(i: number): number
  readonly recipe: ImageRecipe
  /** Names of the classes in their order, where the format has names. */
  readonly people?: readonly string[]
  readonly leftOut: readonly LeftOut[]
  /** Expected shares of the parts of a mixed recipe in an epoch; missing if each picture comes once. */
  readonly weights?: readonly number[]
}

/** Opened images of a recipe, in the thread that reads them. */
export interface EncodedImages {
  /** The encoded bytes of image `i`, valid until the next call. Throws ARC62xx, which name the file and the record. */
  read(i: number): Uint8Array | Promise<Uint8Array>
  /** Where image `i` lies, for messages: `s1/3.jpg`, `train.rec record 17`. Never throws. */
  nameOf(i: number): string
  /** The absolute path of image `i`, where images are files. Throws ARC62xx, and ARC6419 if the list that names them has changed. */
  pathOf?(i: number): string
  close(): void
}
