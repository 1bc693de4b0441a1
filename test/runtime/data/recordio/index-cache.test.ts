/** What is kept of large indexes: it comes back as it was, or not at all. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { need } from '../../../../grammar/diagnostic.ts'
import { loadPartIndex, storePartIndex } from '../../../../runtime/data/recordio/index-cache.ts'
import { randomOf } from '../../../helpers/op-case.ts'
import { temporaryFolder } from '../../../helpers/temporary-folder.ts'

const root = temporaryFolder()
beforeEach(() => vi.stubEnv('ARCC_CACHE', root))
afterEach(() => vi.unstubAllEnvs())

const pictures = 100_000
const recordPath = join(root, 'train.rec')

/** An entry for a part whose records lie `stride` bytes apart. */
function store(stride: number) {
  writeFileSync(recordPath, '')
  const offsets = new Float64Array(new SharedArrayBuffer(8 * pictures)).map((_, i) => i * stride)
  const labels = new Int32Array(new SharedArrayBuffer(4 * pictures)).map((_, i) => i % 9)
  const index = {
    offsets: Object.assign(new Float64Array(new SharedArrayBuffer(8 * pictures)), offsets),
    firstKey: 1,
    labels: Object.assign(new Int32Array(new SharedArrayBuffer(4 * pictures)), labels),
  }
  storePartIndex({ recordPath }, index)
  const [name = ''] = readdirSync(join(root, 'indexes'))
  return { index, path: join(root, 'indexes', name) }
}

test.each([
  ['u32 differences', 8],
  ['f64 offsets', 7],
])('%s come back', (_, stride) => {
  const { index } = store(stride)
  expect(loadPartIndex({ recordPath })).toEqual(index)
})

test('with one flipped bit or cut short it is as good as none', () => {
  const { path } = store(8)
  const whole = readFileSync(path)
  const random = randomOf('flips of an index')
  for (let i = 0; i < 60; i++) {
    const bytes = Buffer.from(whole)
    const at = Math.floor(random() * (i % 2 === 0 ? whole.length : 400))
    bytes[at] = need(bytes[at], 'a byte') ^ (1 << Math.floor(random() * 8))
    writeFileSync(path, bytes)
    expect(loadPartIndex({ recordPath })).toBeUndefined()
  }
  for (const length of [0, 3, 200, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length))
    expect(loadPartIndex({ recordPath })).toBeUndefined()
  }
})
