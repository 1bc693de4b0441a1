/** What is embedded: the pictures of a data set, or of a folder with or without a folder for each person. */
import { readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Collection } from '../data/collection.ts'
import type { DataSpec } from '../data/data-format.ts'
import { createOmissions } from '../data/folder/omissions.ts'
import { below, type FolderScan, listEntries, walkPerson } from '../data/folder/walk-folder.ts'
import { openCollection } from '../data/formats/data-formats.ts'
import { dataErrors } from '../data/messages.ts'
import { isPictureName } from '../data/picture-name.ts'
import { type ScanWatcher, scanCount } from '../data/scan-progress.ts'
import { buildTextTable, textCount } from '../data/text-table.ts'
import { ArccError } from '../errors.ts'

/** A collection whose pictures may have no labels. */
export interface PictureSource extends Omit<Collection, 'label' | 'people' | 'weights'> {
  /** The class of picture `i`, as `Collection.label`; missing if the pictures have none. */
  label?(i: number): number
}

/** Whether a folder itself has pictures, besides those of people. */
function hasPictures(root: string): boolean {
  try {
    return readdirSync(root).some((name) => {
      const isListed = !name.startsWith('.') && isPictureName(name)
      return isListed && statSync(join(root, name), { throwIfNoEntry: false })?.isFile() === true
    })
  } catch {
    // Listing the folder reports it.
    return false
  }
}

/**
 * Lists the pictures of a data set. Unlike for training, one person is enough, and a folder may have pictures of its own: such a
 * folder is listed to any depth, and its pictures have no labels. Throws ARC62xx.
 */
export function openPictureSource(spec: DataSpec, watcher?: ScanWatcher): PictureSource {
  const { root } = spec
  if (spec.format !== 'folder' || root === undefined) return openCollection(spec, watcher)
  if (hasPictures(root.path)) return listPictures(root.path, watcher)
  try {
    return openCollection(spec, watcher)
  } catch (error) {
    // One person, or folders of people.
    if (error instanceof ArccError && error.code === 'ARC6241') return listPictures(root.path, watcher)
    throw error
  }
}

/** All pictures of a folder at any depth in natural order, its own before those of the folders in it. */
function listPictures(given: string, watcher: ScanWatcher | undefined): PictureSource {
  const root = resolve(given)
  const omissions = createOmissions()
  const scan: FolderScan = { omissions, folder: () => undefined, link: () => undefined }
  const pictures = scanCount(watcher, `listing ${root}`)
  const paths = buildTextTable()
  const add = (path: string) => {
    pictures.add()
    paths.add(below(root, path))
  }
  try {
    const entries = listEntries([root], scan)
    for (const { name, path, kind } of entries) {
      if (kind !== 'file') continue
      if (isPictureName(name)) add(path)
      else omissions.add('other file', path)
    }
    for (const { name, path, kind } of entries) {
      if (kind === 'folder' && walkPerson(root, name, scan, add).pictures === 0) omissions.add('person', path)
    }
  } finally {
    watcher?.end()
  }
  const table = paths.build()
  const images = textCount(table)
  if (images === 0) throw dataErrors('ARC6202', { folder: root, seen: 'nothing', records: 0 })
  const leftOut = omissions.list((path) => below(root, path))
  return { name: root, images, classes: 0, recipe: { kind: 'files', paths: table, root }, leftOut }
}
