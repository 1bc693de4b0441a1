import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { threadPoolEnvironment } from '../../../runtime/data/loader/thread-pool.ts'
import { packageFolder } from '../../../runtime/package-folder.ts'

test.each([
  [1, 7],
  [2, 10],
  [16, 49],
  [128, 52],
])('with %i cores, no picture waits for another', (cores, size) => {
  expect(threadPoolEnvironment({ HOME: '/h' }, cores)).toEqual({ HOME: '/h', UV_THREADPOOL_SIZE: `${size}` })
})

test('a size that is set already is kept', () => {
  expect(threadPoolEnvironment({ UV_THREADPOOL_SIZE: '2' }, 16)).toBeUndefined()
})

test.skipIf(process.platform !== 'linux')('the process restarts once, with its number, arguments and pipes', () => {
  const module = JSON.stringify(join(packageFolder, 'runtime/restart.ts'))
  const script = `
    import { restartWith } from ${module}
    const seen = process.env.SEEN
    restartWith((env) => (env.SEEN ? undefined : { ...env, SEEN: String(process.pid) }))
    console.log(JSON.stringify({ same: seen === String(process.pid), end: process.argv.at(-1) }))`
  const args = ['--import', 'tsx', '--input-type=module', '-e', script, 'last']
  const { SEEN: _, ...env } = process.env
  const out = execFileSync(process.execPath, args, { cwd: packageFolder, env, encoding: 'utf8' })
  expect(JSON.parse(out)).toEqual({ same: true, end: 'last' })
})
