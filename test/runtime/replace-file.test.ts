import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { computerName, startOf } from '../../runtime/process-name.ts'
import { asideOf, replaceContents, replaceContentsSync, replaceFile } from '../../runtime/replace-file.ts'
import { temporaryFolder } from '../helpers/temporary-folder.ts'

test.each([{}, { durable: true }])('a file has the former contents or the new ones: %j', async (replacement) => {
  const folder = temporaryFolder()
  const path = join(folder, 'a')
  await replaceContents(path, ['one ', Buffer.from('line')], replacement)
  expect(readFileSync(path, 'utf8')).toBe('one line')
  const failing = async (aside: string) => {
    writeFileSync(aside, 'half')
    throw new Error('the disk is full')
  }
  await expect(replaceFile(path, failing, replacement)).rejects.toThrow('the disk is full')
  expect([readdirSync(folder), readFileSync(path, 'utf8')]).toEqual([['a'], 'one line'])
})

test('at once: the new contents, and nothing is left behind', () => {
  const folder = temporaryFolder()
  replaceContentsSync(join(folder, 'a'), 'one')
  replaceContentsSync(join(folder, 'a'), Buffer.from('two'))
  mkdirSync(join(folder, 'b'))
  expect(() => replaceContentsSync(join(folder, 'b'), 'no file')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/)
  expect([readdirSync(folder), readFileSync(join(folder, 'a'), 'utf8')]).toEqual([['a', 'b'], 'two'])
})

test('what is written aside has a name of this process, this computer and this thread', async () => {
  const path = join(temporaryFolder(), 'a')
  const used = await replaceFile(path, async (aside) => {
    writeFileSync(aside, 'new')
    return aside
  })
  expect(used).toBe(asideOf(path))
  expect(used).toBe(`${path}.${process.pid}.${startOf(process.pid) ?? 0}.${computerName()}.${threadId}.partial`)
})
