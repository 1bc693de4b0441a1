/**
 * Writes a packed data set: `NAME.rec`, `NAME.idx` (`key<TAB>offset`), `NAME.lst` (`key<TAB>label<TAB>name`, as MXNet's im2rec
 * writes it) and `property` (`classes,height,width`, as InsightFace reads it).
 */
import { dirname, join } from 'node:path'
import { packErrors } from './messages.ts'
import { type Outputs, openOutputs } from './output-files.ts'
import { MOST_EXACT_FLOAT, picturePayload, rangePayload, recordFrame } from './record-frame.ts'
import type { RecordLayout } from './record-layout.ts'

/** The files of a packed set; `rec` first. */
export interface RecordPaths {
  readonly rec: string
  readonly idx: string
  readonly lst: string
  readonly property: string
}

/** `out` is a `.rec` file, or a folder that gets `train.rec`. */
export function recordPaths(out: string): RecordPaths {
  const rec = /\.rec$/i.test(out) ? out : join(out, 'train.rec')
  const stem = rec.slice(0, -'.rec'.length)
  return { rec, idx: `${stem}.idx`, lst: `${stem}.lst`, property: join(dirname(rec), 'property') }
}

export interface RecordSetSpec {
  readonly paths: RecordPaths
  readonly layout: RecordLayout
  /** Number of pictures that will be added at most. */
  readonly images: number
  readonly classes: number
  readonly force: boolean
}

export interface RecordSet {
  /**
   * Appends a picture; in `insightface` layout by ascending label. `id` is stored in its header; by default it is the key. Throws
   * ARC6413 and ARC6410.
   */
  add(label: number, id: number | undefined, encoded: Uint8Array, name: string): Promise<void>
  /** Writes what follows the pictures and makes the files appear; `size` is the pictures' height and width. Returns bytes. */
  finish(size: { readonly height: number; readonly width: number }): Promise<number>
  /** Removes what was written. */
  discard(): Promise<void>
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters would break the lines of a list.
const control = /[\u0000-\u001f\u007f]/g

/** Throws ARC6414 if counts or labels are not exact as 32-bit floats, and what `openOutputs` throws. */
export async function createRecordSet(spec: RecordSetSpec): Promise<RecordSet> {
  const { paths, layout, images, classes, force } = spec
  const isInsightFace = layout === 'insightface'
  if (classes > MOST_EXACT_FLOAT) throw packErrors('ARC6414', { what: 'classes', count: classes })
  const most = images + 1 + classes
  if (isInsightFace && most > MOST_EXACT_FLOAT)
    throw packErrors('ARC6414', { what: 'pictures and classes', count: most })
  const outputs: Outputs = await openOutputs([paths.rec, paths.idx, paths.lst, paths.property], force)
  const [rec, idx, lst] = [outputs.file(paths.rec), outputs.file(paths.idx), outputs.file(paths.lst)]
  const perClass = new Uint32Array(classes)
  let key = 0
  const put = async (payload: Uint8Array, name: string) => {
    const frame = recordFrame(payload, name)
    await idx.write(`${key++}\t${rec.length}\n`)
    await rec.write(frame)
  }
  // The numbers in record 0 are known only at the end.
  if (isInsightFace) await put(rangePayload(0, 0, 0), 'record 0')
  return {
    async add(label, id, encoded, name) {
      await lst.write(`${key}\t${label.toFixed(6)}\t${name.replace(control, ' ')}\n`)
      perClass[label] = (perClass[label] ?? 0) + 1
      await put(picturePayload(label, id ?? key, encoded), name)
    },
    async finish({ height, width }) {
      const end = key
      let first = 1
      for (const pictures of isInsightFace ? perClass : []) {
        await put(rangePayload(first, first + pictures, key), `record ${key}`)
        first += pictures
      }
      if (isInsightFace) await rec.overwrite(recordFrame(rangePayload(end, key, 0), 'record 0'))
      await outputs.file(paths.property).write(`${classes},${height},${width}`)
      const bytes = rec.length
      await outputs.commit()
      return bytes
    },
    discard: outputs.discard,
  }
}
