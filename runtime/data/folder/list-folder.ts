/** Lists a folder of pictures: one subfolder per person, with the person's pictures at any depth. */
import { resolve } from 'node:path'
import { rangeAt } from '../class-ranges.ts'
import type { Collection } from '../collection.ts'
import { dataErrors } from '../messages.ts'
import { isPictureName } from '../picture-name.ts'
import { type ScanWatcher, scanCount } from '../scan-progress.ts'
import { u32Column } from '../sources/growing.ts'
import { buildTextTable, textCount } from '../text-table.ts'
import { type FolderListing, folderTimes, keptListing } from './kept-folder.ts'
import { createOmissions, type Omissions } from './omissions.ts'
import { below, type FolderScan, listEntries, type PersonFound, walkPerson } from './walk-folder.ts'

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
 * there are no pictures, and ARC6241 if the root is one level too high or all belong to one person; if the set is a part of a mix
 * (`isPart`), they may.
 */
export function listFolder(given: string, watcher?: ScanWatcher, isPart = false): Collection {
  const root = resolve(given)
  const { paths, people, firsts, leftOut } = keptListing(root) ?? scanFolder(root, watcher)
  if (people.length === 1 && !isPart) throw dataErrors('ARC6241', { folder: root, people, meant: '' })
  return {
    name: root,
    images: textCount(paths),
    classes: people.length,
    label: (i) => rangeAt(firsts, i),
    recipe: { kind: 'files', paths, root },
    people,
    leftOut,
  }
}

function scanFolder(root: string, watcher: ScanWatcher | undefined): FolderListing {
  const omissions = createOmissions()
  const times = folderTimes(root)
  const scan: FolderScan = { omissions, folder: times.folder, link: times.never }
  const pictures = scanCount(watcher, `listing ${root}`)
  const paths = buildTextTable()
  const people: string[] = []
  const firsts = u32Column()
  firsts.add(0)
  // Enough to recognize a root that is one level too high: with more people, it is not.
  const groups: FoundPerson[] = []
  const records: string[] = []
  for (const { name, path, kind } of listEntries([root], scan)) {
    if (kind === 'file') {
      if (name.endsWith('.rec')) records.push(name)
      omissions.add(isPictureName(name) ? 'beside people' : 'other file', path)
      continue
    }
    const found = walkPerson(root, name, scan, (picture) => {
      pictures.add()
      paths.add(below(root, picture))
    })
    if (found.pictures === 0) {
      omissions.add('person', path)
      continue
    }
    people.push(name)
    firsts.add(paths.count)
    if (people.length <= 8) groups.push({ ...found, name })
  }
  if (people.length === 0) {
    const seen = seenIn(omissions.count('person'), records, omissions)
    throw dataErrors('ARC6202', { folder: root, seen, records: records.length })
  }
  const meant = people.length <= groups.length ? meantFolder(root, groups) : undefined
  if (meant !== undefined) throw dataErrors('ARC6241', { folder: root, people, meant })
  const leftOut = omissions.list((path) => below(root, path))
  const listing = { paths: paths.build(), people, firsts: firsts.values(), leftOut }
  times.keep(listing)
  return listing
}
