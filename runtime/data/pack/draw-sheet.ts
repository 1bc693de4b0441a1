/**
 * A contact sheet: pictures of several classes in a grid, as PNG. Legend: h w height and width in pixels, 3 the channels red, green,
 * blue.
 */
import type { Collection } from '../collection.ts'
import { FACE_SIZE, type Image, resize } from '../image.ts'
import { countClasses } from '../jobs/class-counts.ts'
import { openPictures } from '../jobs/picture-source.ts'
import { spread } from '../jobs/spread.ts'
import { packErrors } from './messages.ts'
import { openOutputs, requireApart } from './output-files.ts'

export interface SheetRequest {
  readonly collection: Collection
  /** A `.png` file. */
  readonly out: string
  readonly rows: number
  readonly columns: number
  /** Shows only this class. */
  readonly class: number | undefined
  /** Draws version `epoch` of a picture; each row is then one picture and its versions. */
  readonly augment?: (image: Image, picture: number, epoch: number) => Image
  readonly force: boolean
}

export interface Sheet {
  readonly file: string
  readonly pictures: number
  readonly width: number
  readonly height: number
}

/** White pixels between pictures, and the height of a caption. */
const GAP = 4
const CAPTION = 16

interface Row {
  readonly caption: string
  readonly cells: readonly Image[]
}

/** The first `each` pictures of some classes. */
function picturesOf(collection: Collection, classes: readonly number[], each: number): Map<number, number[]> {
  const found = new Map(classes.map((number) => [number, [] as number[]]))
  for (let i = 0; i < collection.images; i++) {
    const own = found.get(collection.label(i))
    if (own !== undefined && own.length < each) own.push(i)
  }
  return found
}

/** Classes with pictures, spread over all. */
function chooseClasses(perClass: Uint32Array, rows: number): number[] {
  const present = [...perClass.keys()].filter((number) => (perClass[number] ?? 0) > 0)
  return spread(present.length, rows).map((at) => present[at] ?? 0)
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

function captionSvg(text: string, width: number): Buffer {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no control characters.
  const shown = text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign)
  const style = 'font-family="sans-serif" font-size="11" fill="#333"'
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${CAPTION}"><text x="1" y="12" ${style}>${shown}</text></svg>`,
  )
}

/** Pastes the rows, u8[h, w, 3], each below its caption. */
function paste(rows: readonly Row[], columns: number): Image {
  const width = columns * (FACE_SIZE + GAP) + GAP
  const height = rows.length * (CAPTION + FACE_SIZE + GAP) + GAP
  const data = new Uint8Array(width * height * 3).fill(255)
  for (const [r, { cells }] of rows.entries()) {
    for (const [c, { data: pixels }] of cells.entries()) {
      const top = GAP + r * (CAPTION + FACE_SIZE + GAP) + CAPTION
      const left = GAP + c * (FACE_SIZE + GAP)
      for (let y = 0; y < FACE_SIZE; y++) {
        data.set(pixels.subarray(y * FACE_SIZE * 3, (y + 1) * FACE_SIZE * 3), ((top + y) * width + left) * 3)
      }
    }
  }
  return { width, height, data }
}

/** Columns that leave room for a caption where classes have fewer pictures. */
const CAPTION_COLUMNS = 3

async function encodeSheet(rows: readonly Row[], columns: number): Promise<{ bytes: Uint8Array; image: Image }> {
  const filled = Math.max(CAPTION_COLUMNS, ...rows.map(({ cells }) => cells.length))
  const image = paste(rows, Math.min(columns, filled))
  const { data, width, height } = image
  const { default: sharp } = await import('sharp')
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .composite(
      rows.map(({ caption }, r) => ({
        input: captionSvg(caption, width - 2 * GAP),
        left: GAP,
        top: GAP + r * (CAPTION + FACE_SIZE + GAP),
      })),
    )
    .png()
    .toBuffer()
  return { bytes, image }
}

/** Writes a sheet. Throws ARC6415 if there is no such class, ARC641x if it cannot be written, ARC62xx for a damaged picture. */
export async function drawSheet(request: SheetRequest): Promise<Sheet> {
  const { collection, out, rows: count, columns, augment, force } = request
  const { name, classes, people, recipe } = collection
  const { perClass } = countClasses(collection)
  const asked = request.class
  if (asked !== undefined && !(asked < classes)) throw packErrors('ARC6415', { set: name, asked, classes })
  if ('files' in recipe) await requireApart([out], recipe.files)
  const chosen = asked === undefined ? chooseClasses(perClass, count) : [asked]
  const each =
    asked === undefined ? (augment === undefined ? columns : 1) : augment === undefined ? count * columns : count
  const source = openPictures(recipe)
  const face = async (i: number) => resize(await source.decoded(i), FACE_SIZE, FACE_SIZE)
  const rows: Row[] = []
  try {
    for (const [number, pictures] of picturesOf(collection, chosen, each)) {
      const head = `${number}  ${people?.[number] ?? ''}  (${perClass[number] ?? 0})`
      if (augment !== undefined) {
        for (const i of pictures) {
          const original = await face(i)
          const cells = [original]
          for (let epoch = 0; cells.length < columns; epoch++) cells.push(augment(original, i, epoch))
          rows.push({ caption: `${head}  ${source.nameOf(i)}`, cells })
        }
        continue
      }
      for (let at = 0; at < pictures.length; at += columns) {
        const cells = await Promise.all(pictures.slice(at, at + columns).map(face))
        rows.push({ caption: head, cells })
      }
    }
  } finally {
    source.close()
  }
  if (rows.length === 0) throw packErrors('ARC6417', { set: asked === undefined ? name : `class ${asked} of ${name}` })
  const outputs = await openOutputs([out], force)
  try {
    const { bytes, image } = await encodeSheet(rows, columns)
    await outputs.file(out).write(bytes)
    await outputs.commit()
    const pictures = rows.reduce((sum, { cells }) => sum + cells.length, 0)
    return { file: out, pictures, width: image.width, height: image.height }
  } catch (error) {
    await outputs.discard()
    throw error
  }
}
