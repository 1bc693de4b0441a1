/** Templates of pictures of 28 × 28, which the narrow network takes. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noisePicture } from './picture-collection.ts'

/** Five people with two templates each, in the layout of IJB-C. */
export async function writeTemplates(root: string): Promise<void> {
  const templates = Array.from({ length: 10 }, (_, t) => ({ id: t + 1, person: t % 5 }))
  const points = '9.3 12.7 18.5 12.5 14.0 17.7 10.5 23.4 17.7 23.2'
  const pairs = templates.flatMap((a) =>
    templates.filter((b) => a.id < b.id).map((b) => `${a.id} ${b.id} ${a.person === b.person ? 1 : 0}`),
  )
  const lists = {
    face_tid_mid: templates.map(({ id }, i) => `${i}.jpg ${id} ${id}`),
    name_5pts_score: templates.map((_, i) => `${i}.jpg ${points} 0.9${i}`),
    template_pair_label: pairs,
  }
  for (const name of ['meta', 'loose_crop']) mkdirSync(join(root, name), { recursive: true })
  for (const [name, lines] of Object.entries(lists))
    writeFileSync(join(root, `meta/ijbc_${name}.txt`), lines.map((line) => `${line}\n`).join(''))
  for (const i of templates.keys()) writeFileSync(join(root, `loose_crop/${i}.jpg`), await noisePicture(i, 28, 28))
}
