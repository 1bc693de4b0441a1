import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { newFolder } from '../../../cli/commands/run-start.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { testNodes } from '../../helpers/test-nodes.ts'

test.each([
  ['small', ''],
  ['small[batch=16 global]', 'small-batch=16_global'],
])('all nodes use one folder for %s, each by its own path to it', async (name, below) => {
  const root = temporaryFolder()
  const paths = [join(root, 'a'), join(root, 'b'), undefined]
  const { peers } = testNodes(paths.length)
  const folders = await Promise.all(peers.map((own, rank) => newFolder({ name }, { folder: paths[rank] }, own)))
  expect(folders).toEqual([join(root, 'a', below), join(root, 'b', below), join(root, 'a', below)])
  expect([existsSync(join(root, 'a', below)), existsSync(join(root, 'b'))]).toEqual([true, false])
})
