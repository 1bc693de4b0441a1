/** Small data sets for the tests of `arcc data`: pictures in a folder, and the collection of them. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import type { Collection } from '../../runtime/data/collection.ts'
import { openListSet } from '../../runtime/data/list/list-set.ts'
import { buildTextTable } from '../../runtime/data/text-table.ts'
import { createStream, rootKey } from '../../runtime/random.ts'

/** A picture of noise, different for each `number`. */
export async function noisePicture(number: number, width = 40, height = 48, format: 'jpeg' | 'png' = 'jpeg') {
  const { integer } = createStream(rootKey(number))
  const data = Uint8Array.from({ length: width * height * 3 }, () => integer(256))
  return Uint8Array.from(
    await sharp(data, { raw: { width, height, channels: 3 } })
      .toFormat(format)
      .toBuffer(),
  )
}

/** A file of a data set: where it lies, its class and its bytes. */
export interface TestFile {
  readonly path: string
  readonly label: number
  readonly bytes: Uint8Array
}

/** Writes the files below `root` and returns the collection of them, in the given order. */
export function fileCollection(root: string, files: readonly TestFile[], classes?: number): Collection {
  const paths = buildTextTable()
  for (const { path, bytes } of files) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
    paths.add(file)
  }
  return {
    name: root,
    images: files.length,
    classes: classes ?? Math.max(...files.map(({ label }) => label)) + 1,
    label: (i) => files[i]?.label ?? Number.NaN,
    recipe: { kind: 'files', paths: paths.build() },
    leftOut: [],
  }
}

/** The same pictures as a list names them, which has changed since it was read. */
export function changedListCollection(root: string, files: readonly TestFile[]): Collection {
  fileCollection(root, files)
  const file = join(root, 'list.csv')
  const lines = files.map(({ path, label }) => `${path},${label}\n`).join('')
  writeFileSync(file, lines)
  const listed = openListSet({ file, root, image: undefined, label: undefined, labels: undefined })
  writeFileSync(file, `#${lines}`)
  return listed
}

/** `people` people with `each` JPEG pictures each. */
export async function peopleFiles(people: number, each: number): Promise<TestFile[]> {
  const numbers = Array.from({ length: people * each }, (_, i) => i)
  return Promise.all(
    numbers.map(async (i) => {
      const label = Math.floor(i / each)
      return { path: `p${label}/${i % each}.jpg`, label, bytes: await noisePicture(i) }
    }),
  )
}
