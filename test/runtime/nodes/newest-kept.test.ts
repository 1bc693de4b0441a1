/** What is kept of a run after a node is lost: what the folder shows, as far as this node has not heard of it. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { newestKept } from '../../../runtime/train/nodes/newest-kept.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const folder = temporaryFolder()
const placeOf = (step: string) => join(folder, 'checkpoints', `step-${step}`)

beforeAll(() => {
  for (const name of ['000025', '000050', '000075.partial']) mkdirSync(placeOf(name), { recursive: true })
})

test.each([
  { known: undefined, kept: { step: 50, path: placeOf('000050') } },
  { known: { step: 25, path: 'heard of' }, kept: { step: 50, path: placeOf('000050') } },
  { known: { step: 50, path: 'heard of' }, kept: { step: 50, path: 'heard of' } },
  { known: { step: 60, path: 'removed since' }, kept: { step: 60, path: 'removed since' } },
])('after $known.step', async ({ known, kept }) => {
  expect(await newestKept(folder, known)).toEqual(kept)
})

test('a folder that is gone shows nothing', async () => {
  const known = { step: 25, path: 'heard of' }
  expect(await newestKept(join(folder, 'missing'), known)).toEqual(known)
  expect(await newestKept(join(folder, 'missing'), undefined)).toBeUndefined()
})
