import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { FACE_BYTES, FACE_SIZE } from '../../../../runtime/data/image.ts'
import { readBinPairs } from '../../../../runtime/data/verification/bin-pairs.ts'
import { readPickle } from '../../../../runtime/data/verification/bin-pickle.ts'
import { anError } from '../../../helpers/facts.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const fixture = (name: string) => here(`../../../fixtures/pickle/${name}.bin`)

// The fixtures hold ten pairs of gray pictures: Python's pickle.dumps((pictures, flags), protocol), and for Python 2 by hand.
const levels = [200, 200, 210, 128, 220, 220, 230, 128, 240, 240, 250, 128, 60, 60, 70, 128, 80, 80, 90, 128]

describe('readBinPairs', () => {
  test.each(['tiny-python2', 'tiny-protocol2', 'tiny-protocol3', 'tiny-protocol4', 'tiny-protocol5'])(
    '%s',
    async (name) => {
      const set = await readBinPairs(fixture(name), [FACE_SIZE, FACE_SIZE, 3])
      expect(set.name).toBe(name)
      expect([...set.same]).toEqual([1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
      const out = new Uint8Array(FACE_BYTES)
      const found: number[] = []
      for (const i of set.pairs) {
        await set.read(i, out, 0)
        found.push(out[0] ?? -1)
      }
      expect(found).toEqual(levels)
      expect(set.images).toBe(new Set(levels).size)
      set.dispose()
    },
  )

  const orl = here('../../../../../shared/data/orl_recordio/orl.bin')
  test.skipIf(!existsSync(orl))('a set of 600 pairs that Python packed (skipped where it is missing)', async () => {
    const set = await readBinPairs(orl, [FACE_SIZE, FACE_SIZE, 3])
    expect(set.images).toBe(100)
    expect(set.same.length).toBe(600)
    expect(set.same.reduce((sum, flag) => sum + flag, 0)).toBe(300)
    const out = new Uint8Array(FACE_BYTES)
    await set.read(99, out, 0)
    expect(new Set(out).size).toBeGreaterThan(50)
  })
})

describe('readPickle never runs anything', () => {
  // pickle.dumps(([E()], [True]), protocol) of a class whose __reduce__ returns (os.system, ('touch /tmp/owned',)).
  test.each([
    ['protocol 2', 'gAJdcQBjcG9zaXgKc3lzdGVtCnEBWBAAAAB0b3VjaCAvdG1wL293bmVkcQKFcQNScQRhXXEFiGGGcQYu'],
    ['protocol 4', 'gASVNAAAAAAAAABdlIwFcG9zaXiUjAZzeXN0ZW2Uk5SMEHRvdWNoIC90bXAvb3duZWSUhZRSlGFdlIhhhpQu'],
  ])('%s', (_, base64) => {
    expect(() => readPickle(Buffer.from(base64, 'base64'), 'evil.bin')).toThrow(
      anError('ARC6231', { file: 'evil.bin', global: 'posix.system' }),
    )
  })

  test('an allowed function with other arguments', () => {
    const bytes = Buffer.from('\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x05\x00\x00\x00utf-8\x86R.', 'latin1')
    expect(() => readPickle(bytes, 'x.bin')).toThrow(expect.objectContaining({ code: 'ARC6231' }))
  })
})

describe('damaged pickles are errors, with the place', () => {
  const whole = readFileSync(fixture('tiny-protocol2'))
  test('cut anywhere', () => {
    for (let length = 0; length < whole.length; length += 7) {
      expect(() => readPickle(whole.subarray(0, length), 'x.bin')).toThrow(expect.objectContaining({ code: 'ARC6230' }))
    }
  })

  test.each([
    ['an unknown opcode', '\x80\x02\xff', 'pickle opcode 255'],
    ['a length beyond the end', '\x80\x02T\xff\xff\xff\x7f', '2147483647 bytes are needed, 0 are left'],
    ['an empty memo', '\x80\x02h\x05.', 'memo slot 5 is empty'],
    ['nothing on the stack', '\x80\x02.', 'a value is missing'],
    ['append without list', '\x80\x02NNa.', 'no list to append to'],
  ])('%s', (_, text, says) => {
    expect(() => readPickle(Buffer.from(text, 'latin1'), 'x.bin')).toThrow(
      anError('ARC6230', { reason: expect.stringContaining(says) }),
    )
  })

  test('flipped bytes never throw anything but these errors', () => {
    for (let i = 0; i < whole.length; i++) {
      const bytes = Uint8Array.from(whole)
      bytes[i] = (bytes[i] ?? 0) ^ (1 << (i % 8))
      try {
        readPickle(bytes, 'x.bin')
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^ARC623/) })
      }
    }
  })
})

test.each([
  ['K\x07', 7],
  ['M\x01\x02', 513],
  ['J\xfe\xff\xff\xff', -2],
  ['\x8a\x02\x00\xff', -256],
  ['\x8a\x00', 0],
  ['N', null],
  ['\x88', true],
  [')', []],
  ['K\x01\x85', [1]],
  ['(K\x01K\x02t', [1, 2]],
  ['K\x01K\x02K\x03\x87', [1, 2, 3]],
  ['X\x02\x00\x00\x00\xc3\xa9', 'é'],
  ['K\x01(K\x020K\x031', 1],
])('values: %j', (text, expected) => {
  expect(readPickle(Buffer.from(`\x80\x02${text}.`, 'latin1'), 'x.bin')).toEqual(expected)
})
