/**
 * 1:N identification as insightface's `_evaluation_/ijb/ijb_1n.py`: each probe template is compared with all gallery templates, one per
 * person.
 *
 * Legend: Q probes, G gallery templates, D embedding width.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { need } from '../../../grammar/diagnostic.ts'
import { type IjbSet, type IjbSubset, ijbNames, indexTemplates } from './ijb-set.ts'
import { isBlank, readLines } from './lines.ts'
import { ijbErrors } from './messages.ts'
import { createSetFaults, type SetFaults } from './set-faults.ts'

/** The endings of the two gallery files. */
const galleries: { readonly [S in IjbSubset]: readonly string[] } = { ijbb: ['S1', 'S2'], ijbc: ['G1', 'G2'] }

export const ranks: readonly number[] = [1, 5, 10]
export const identificationRates: readonly number[] = [0.01, 0.1]

export interface Identification {
  readonly probes: number
  readonly gallery: number
  /** Share of probes whose person is among the first `rank`. */
  readonly ranks: readonly { readonly rank: number; readonly rate: number }[]
  /** Share of probes whose own score is above the threshold (TPIR), for false positives per probe (FPIR). */
  readonly tpir: readonly { readonly fpir: number; readonly tpir: number; readonly threshold: number }[]
}

export interface IdentificationLists {
  /** Templates of the gallery, u32[G]. */
  readonly gallery: Uint32Array
  /** Templates of the probes, u32[Q], and the place of each probe's person in the gallery. */
  readonly probes: Uint32Array
  readonly mates: Uint32Array
}

/** Subjects of templates by the number of the template, in ascending order, as `np.unique` leaves them. */
async function readSubjects(
  files: readonly string[],
  indexOf: (id: number) => number,
  faults: SetFaults,
): Promise<readonly (readonly [template: number, subject: number, file: string, line: number])[]> {
  const subjects = new Map<number, readonly [number, number, string, number]>()
  for (const file of files) {
    await faults.reading(() =>
      readLines(file, (bytes, start, end, line) => {
        if (line === 1 || isBlank(bytes, start, end)) return
        const [id = '', subject = ''] = bytes.toString('latin1', start, end).split(',', 2)
        const isNumber = (field: string) => /^\s*"?\d{1,9}"?\s*$/.test(field)
        if (!isNumber(id) || !isNumber(subject))
          return faults.addLine(
            file,
            line,
            'such lines',
            'expected the numbers of a template and of a person, separated by a comma',
          )
        const [template, person] = [id, subject].map((field) => Number(field.replaceAll('"', ''))) as [number, number]
        const index = indexOf(template)
        if (index < 0) return faults.addLine(file, line, 'unknown templates', `no picture is in template ${template}`)
        if (!subjects.has(index)) subjects.set(index, [index, person, file, line])
      }),
    )
  }
  return [...subjects.values()].sort(([a], [b]) => a - b)
}

/** Throws ARC6345 if the set has no lists, and ARC6341 with all faults of the lists: every probe's person has one template in the gallery. */
export async function readIdentification(set: IjbSet): Promise<IdentificationLists> {
  const { root, subset } = set
  const meta = (name: string) => join(root, 'meta', `${subset}_1N_${name}.csv`)
  if (!existsSync(meta('probe_mixed'))) throw ijbErrors('ARC6345', { root, file: meta('probe_mixed') })
  const faults = createSetFaults()
  const indexOf = indexTemplates(set.templates)
  const gallery = await readSubjects(
    galleries[subset].map((name) => meta(`gallery_${name}`)),
    indexOf,
    faults,
  )
  const probes = await readSubjects([meta('probe_mixed')], indexOf, faults)
  const places = new Map<number, number>()
  for (const [place, [, person, file, line]] of gallery.entries()) {
    if (places.has(person)) faults.addLine(file, line, 'repeated people', `person ${person} has another template`)
    places.set(person, place)
  }
  const mates = probes.map(([, person, file, line]) => {
    const place = places.get(person)
    if (place === undefined && gallery.length > 0)
      faults.addLine(file, line, 'unknown people', `person ${person} is not in the gallery`)
    return place ?? 0
  })
  if (faults.none && probes.length === 0) faults.add(`${meta('probe_mixed')} has no probes`)
  if (faults.none && gallery.length < 2) faults.add('the gallery needs two people')
  if (!faults.none) throw ijbErrors('ARC6341', { root, set: ijbNames[subset], subset, faults: faults.all() })
  const numbers = (list: typeof gallery) => Uint32Array.from(list, ([template]) => template)
  return { gallery: numbers(gallery), probes: numbers(probes), mates: Uint32Array.from(mates) }
}

/** Keeps the largest of many values. */
function largest(count: number) {
  let kept: number[] = []
  let bound = Number.NEGATIVE_INFINITY
  const cut = () => {
    kept = kept.sort((a, b) => b - a).slice(0, count)
    if (kept.length === count) bound = need(kept[count - 1], 'a value')
  }
  return {
    add(value: number) {
      if (value <= bound && kept.length >= count) return
      kept.push(value)
      if (kept.length >= 2 * count + 1024) cut()
    },
    /** In descending order. */
    values() {
      cut()
      return kept
    },
  }
}

/** `templates` f64[T,D]. Of equal scores, the mate's counts as the best. Throws the reason of `signal` after its abort. */
export async function identify(
  templates: Float64Array,
  dim: number,
  lists: IdentificationLists,
  signal?: AbortSignal,
): Promise<Identification> {
  const { gallery, probes, mates } = lists
  const faces = new Float64Array(gallery.length * dim)
  for (const [g, t] of gallery.entries()) faces.set(templates.subarray(t * dim, (t + 1) * dim), g * dim)
  const within = ranks.map(() => 0)
  const needed = identificationRates.map((rate) => Math.ceil(probes.length * rate))
  const others = largest(Math.max(...needed))
  const own = new Float64Array(probes.length)
  const scores = new Float64Array(gallery.length)
  for (const [q, t] of probes.entries()) {
    if (q % 16 === 15) {
      await nextTurn()
      signal?.throwIfAborted()
    }
    scoreAll(templates.subarray(t * dim, (t + 1) * dim), faces, scores)
    const mate = need(mates[q], 'a mate')
    const score = need(scores[mate], 'a score')
    own[q] = score
    let better = 0
    for (const [g, other] of scores.entries()) {
      if (g === mate) continue
      if (other > score) better++
      others.add(other)
    }
    for (const [r, rank] of ranks.entries()) if (better < rank) within[r] = (within[r] ?? 0) + 1
  }
  const highest = others.values()
  return {
    probes: probes.length,
    gallery: gallery.length,
    ranks: ranks.map((rank, r) => ({ rank, rate: (within[r] ?? 0) / probes.length })),
    tpir: identificationRates.map((fpir, r) => {
      const threshold = highest[Math.min(highest.length, needed[r] ?? 1) - 1] ?? -1
      return { fpir, threshold, tpir: own.filter((score) => score > threshold).length / probes.length }
    }),
  }
}

/** Dot products of one template with all of the gallery, four at a time. */
function scoreAll(probe: Float64Array, faces: Float64Array, out: Float64Array): void {
  const dim = probe.length
  const whole = out.length - (out.length % 4)
  for (let g = 0; g < whole; g += 4) {
    const [a, b, c, d] = [g * dim, (g + 1) * dim, (g + 2) * dim, (g + 3) * dim]
    let [s0, s1, s2, s3] = [0, 0, 0, 0]
    for (let i = 0; i < dim; i++) {
      const x = probe[i] ?? 0
      s0 += x * (faces[a + i] ?? 0)
      s1 += x * (faces[b + i] ?? 0)
      s2 += x * (faces[c + i] ?? 0)
      s3 += x * (faces[d + i] ?? 0)
    }
    out.set([s0, s1, s2, s3], g)
  }
  for (let g = whole; g < out.length; g++) {
    let sum = 0
    for (let i = 0; i < dim; i++) sum += (probe[i] ?? 0) * (faces[g * dim + i] ?? 0)
    out[g] = sum
  }
}
