import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceContents, replaceFile } from '../../runtime/replace-file.ts'
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
