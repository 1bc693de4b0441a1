/** `run.json`: what it keeps, what has changed since, and files that are none. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import {
  changedFields,
  encodeRunRecord,
  joinedSettings,
  readRunRecord,
  runRecord,
  shownFile,
} from '../../../cli/host/run-record.ts'
import { statePlan } from '../../helpers/state.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const root = temporaryFolder()
const options = { arcc: '1.2.3', file: 'a.arc', set: ['train.steps=3'], engine: 'xla', emulate: false } as const

test('is read as it was written, with an absolute path and every field', () => {
  const record = runRecord(statePlan({ devices: 2 }), options)
  writeFileSync(join(root, 'run.json'), encodeRunRecord(record))
  expect(readRunRecord(root)).toEqual(record)
  expect(record).toMatchObject({ experiment: 'narrow', devices: 2, file: resolve('a.arc'), set: ['train.steps=3'] })
  expect(record.fields).toContainEqual({ path: 'train.steps', value: '20' })
})

test('records what the planner chose for auto', () => {
  const plan = statePlan({ devices: 2, train: 'recompute = auto' })
  const { fields } = runRecord(plan, options)
  expect(fields.find(({ path }) => path === 'train.recompute')?.value).toBe('none')
})

test.each([
  ['missing', undefined, 'run.json: no such file or folder'],
  ['no JSON', '{', 'run.json: it is not JSON'],
  ['of another version', '{"version":2}', 'run.json: '],
])('%s: ARC6706', (name, content, reason) => {
  const folder = join(root, name)
  mkdirSync(folder)
  if (content !== undefined) writeFileSync(join(folder, 'run.json'), content)
  expect(() => readRunRecord(folder)).toThrow(
    expect.objectContaining({ code: 'ARC6706', params: { folder, reason: expect.stringContaining(reason) } }),
  )
})

test('settings of the command replace those of the run', () => {
  expect(joinedSettings(['train.steps=3', 'train.seed = 1'], ['train.seed=2', 'machine=local()'])).toEqual([
    'train.steps=3',
    'train.seed=2',
    'machine=local()',
  ])
  // They exclude each other.
  expect(joinedSettings(['train.epochs=2', 'train.clip=5'], ['train.steps=100'])).toEqual([
    'train.clip=5',
    'train.steps=100',
  ])
})

test('changes: other values, fields that are new and that are gone', () => {
  const field = (path: string, value: string) => ({ path, value })
  const before = [field('a', '1'), field('b', '2'), field('c', '3')]
  expect(changedFields(before, [field('a', '1'), field('b', '4'), field('d', '5')])).toEqual([
    { path: 'b', before: '2', now: '4' },
    { path: 'c', before: '3' },
    { path: 'd', now: '5' },
  ])
})

test('a file below the working folder is shown as a relative path', () => {
  expect(shownFile(join('/projects/one/a/b.arc'), '/projects/one')).toBe('a/b.arc')
  expect(shownFile('/elsewhere/b.arc', '/projects/one')).toBe('/elsewhere/b.arc')
})
