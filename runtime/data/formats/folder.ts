/** Pictures in folders, one per person. */
import { type DataFormat, rootExists, rootOf } from '../data-format.ts'
import { listFolder } from '../folder/list-folder.ts'

export const folderFormat: DataFormat = {
  isHere: rootExists,
  open: (spec, watcher, needs) => listFolder(rootOf(spec), watcher, needs?.isPart),
}
