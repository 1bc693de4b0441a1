/** Several collections as one: their images follow each other, their classes follow each other or are joined by name. */
import { realpathSync } from 'node:fs'
import type { Collection, LeftOut } from '../collection.ts'
import type { DataSpec } from '../data-format.ts'
import { createFaults } from '../faults.ts'
import { naturally } from '../natural-order.ts'
import { sourceErrors } from '../sources/messages.ts'

export interface MixSpec {
  readonly parts: readonly Collection[]
  readonly weights: readonly number[] | undefined
  readonly classes: DataSpec['classes']
}

/** Images are numbered in 32 bits. */
const MOST_IMAGES = 2 ** 32 - 1

/** The mix. Throws ARC6214 if classes of a part that has no names are to be joined by name, ARC6215 if there are too many images. */
export function mixCollections({ parts, weights, classes }: MixSpec): Collection {
  const name = parts.map((part) => part.name).join(' + ')
  if (classes === 'apart') checkTwice(parts, name)
  const firsts = [0]
  for (const part of parts) firsts.push((firsts.at(-1) ?? 0) + part.images)
  const images = firsts.at(-1) ?? 0
  if (images > MOST_IMAGES) throw sourceErrors('ARC6215', { set: name, images })
  const partNumbers = new Uint16Array(new SharedArrayBuffer(2 * images))
  const index = new Uint32Array(new SharedArrayBuffer(4 * images))
  for (const [p, part] of parts.entries()) {
    const first = firsts[p] ?? 0
    partNumbers.fill(p, first, first + part.images)
    for (let i = 0; i < part.images; i++) index[first + i] = i
  }
  const numbering = classes === 'by_name' ? byName(parts) : apart(parts)
  return {
    name,
    images,
    classes: numbering.classes,
    label(i) {
      const p = partNumbers[i] ?? 0
      return numbering.classOf(p, parts[p]?.label(index[i] ?? 0) ?? 0)
    },
    recipe: { kind: 'mixed', parts: parts.map((part) => part.recipe), part: partNumbers, index },
    ...(numbering.people === undefined ? {} : { people: numbering.people }),
    leftOut: parts.flatMap((part) => part.leftOut.map((left) => inPart(left, part.name))),
    ...(weights === undefined ? {} : { weights }),
  }
}

/** Throws ARC6240 if the people of one set would be two classes each. */
function checkTwice(parts: readonly Collection[], name: string): void {
  const faults = createFaults(name)
  const places = parts.map((part) => placeOf(part.name))
  for (const [p, place] of places.entries()) {
    if (places.indexOf(place) === p) continue
    faults.add(
      `${parts[p]?.name} is in the mix twice, so that each of its people would be two classes: name it once, or set classes: by_name`,
    )
  }
  faults.throwIfAny()
}

/** The name of a set with its links resolved, if it is a path. */
function placeOf(name: string): string {
  try {
    return realpathSync(name)
  } catch {
    return name
  }
}

const inPart = (left: LeftOut, name: string): LeftOut => ({ ...left, what: `${left.what} (${name})` })

interface Numbering {
  readonly classes: number
  /** The class in the mix of class `own` of part `part`. */
  classOf(part: number, own: number): number
  readonly people?: readonly string[]
}

function apart(parts: readonly Collection[]): Numbering {
  const firsts = [0]
  for (const part of parts) firsts.push((firsts.at(-1) ?? 0) + part.classes)
  const named = parts.every((part) => part.people !== undefined)
  return {
    classes: firsts.at(-1) ?? 0,
    classOf: (part, own) => (firsts[part] ?? 0) + own,
    ...(named ? { people: parts.flatMap((part) => part.people ?? []) } : {}),
  }
}

/** The names of all parts in natural order; equal names are one class. */
function byName(parts: readonly Collection[]): Numbering {
  const names = parts.map((part) => {
    if (part.people === undefined) throw sourceErrors('ARC6214', { set: part.name })
    return part.people
  })
  const people = [...new Set(names.flat())].sort(naturally)
  const numbers = new Map(people.map((person, number) => [person, number]))
  const joined = names.map((own) => Uint32Array.from(own, (person) => numbers.get(person) ?? 0))
  return { classes: people.length, classOf: (part, own) => joined[part]?.[own] ?? 0, people }
}
