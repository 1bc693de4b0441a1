/** Pictures that a list file names. */
import { existsSync } from 'node:fs'
import { need } from '../../../grammar/diagnostic.ts'
import { type DataFormat, pendingOf } from '../data-format.ts'
import { openListSet } from '../list/list-set.ts'
import { declaredKind } from '../sources/class-numbers.ts'

export const listFormat: DataFormat = {
  isHere: (spec) => spec.file !== undefined && pendingOf(spec) === undefined && existsSync(spec.file.path),
  open: ({ file, root, image, label, labels }, watcher) =>
    openListSet(
      {
        file: need(file, 'the file of a list').path,
        root: root?.path,
        // An empty text is what is not given.
        image: image || undefined,
        label: label || undefined,
        labels: declaredKind(labels),
      },
      watcher,
    ),
}
