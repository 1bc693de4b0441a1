/** Lists a folder of pictures: one subfolder per person, with the person's pictures at any depth. */
import { resolve } from 'node:path'
import { rangeAt } from '../class-ranges.ts'
import type { Collection } from '../collection.ts'
import { dataErrors } from '../messages.ts'
import { isPictureName } from '../picture-name.ts'
import { buildTextTable } from '../text-table.ts'
import { createOmissions, type Omissions } from './omissions.ts'
import { below, listEntries, type PersonFound, walkPerson } from './walk-folder.ts'

/** Names of folders that hold people or whole data sets rather than one person's pictures. */
const groupNames = /^(train(ing)?|val(id(ation)?)?|test(ing)?|eval|dev|images?|imgs?|pictures?|data|faces|people)$/i

interface FoundPerson extends PersonFound {
  readonly name: string
}

/** The folder that was probably meant, if the people found look like groups of people. */
function meantFolder(root: string, people: readonly FoundPerson[]): string | undefined {
  const groups = people.filter(({ direct, folders }) => direct === 0 && folders > 1)
  if (groups.length < people.length) return undefined
  const largest = groups.reduce(
    (most, group) => (group.pictures > most.pictures ? group : most),
    groups[0] ?? { name: '', pictures: 0 },
  )
  const alone = people.length === 1 || people.every(({ name }) => groupNames.test(name))
  return alone ? `${root}/${largest.name}` : undefined
}

/** What a folder without pictures has instead, for the message. */
function seenIn(folders: number, records: readonly string[], omissions: Omissions): string {
  const parts = [
    folders > 0 ? `${folders} folder${folders === 1 ? '' : 's'} without pictures` : '',
    omissions.count('beside people') > 0
      ? `${omissions.count('beside people')} pictures that are in no person's folder`
      : '',
    records.length > 0 ? records.slice(0, 3).join(', ') : '',
    omissions.count('other file') > 0 ? `${omissions.count('other file')} files that are not pictures` : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

/**
 * All pictures of a folder in natural order, labeled by the order of the people. Throws ARC6201 if a folder cannot be read, ARC6202 if
 * there are no pictures, and ARC6241 if all belong to one person or the root is one level too high.
 */
export function listFolder(given: string): Collection {
  const root = resolve(given)
  const omissions = createOmissions()
  const paths = buildTextTable()
  const people: string[] = []
  const firsts: number[] = [0]
  // Enough to recognize a root that is one level too high: with more people, it is not.
  const groups: FoundPerson[] = []
  const records: string[] = []
  for (const { name, path, kind } of listEntries([root], omissions)) {
    if (kind === 'file') {
      if (name.endsWith('.rec')) records.push(name)
      omissions.add(isPictureName(name) ? 'beside people' : 'other file', path)
      continue
    }
    const found = walkPerson(root, name, omissions, (picture) => paths.add(picture))
    if (found.pictures === 0) {
      omissions.add('person', path)
      continue
    }
    people.push(name)
    firsts.push(paths.count)
    if (people.length <= 8) groups.push({ ...found, name })
  }
  if (people.length === 0) {
    const seen = seenIn(omissions.count('person'), records, omissions)
    throw dataErrors('ARC6202', { folder: root, seen, records: records.length })
  }
  const meant = people.length <= groups.length ? meantFolder(root, groups) : undefined
  if (people.length === 1 || meant !== undefined) {
    throw dataErrors('ARC6241', { folder: root, people, meant: meant ?? '' })
  }
  const starts = Uint32Array.from(firsts)
  return {
    name: root,
    images: paths.count,
    classes: people.length,
    label: (i) => rangeAt(starts, i),
    recipe: { kind: 'files', paths: paths.build() },
    people,
    leftOut: omissions.list((path) => below(root, path)),
  }
}
