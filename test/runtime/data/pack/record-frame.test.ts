/** Records against those that MXNet 1.9.1 wrote: `test/fixtures/recordio/made_by_mxnet.py`. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { picturePayload, rangePayload, recordFrame } from '../../../../runtime/data/pack/record-frame.ts'

interface Case {
  readonly label?: number
  readonly picture?: string
  readonly range?: readonly [number, number]
  readonly id: number
}

const fixture = (name: string) => new URL(`../../../fixtures/recordio/${name}`, import.meta.url)
const cases: readonly Case[] = JSON.parse(readFileSync(fixture('mxnet.json'), 'utf8'))

function frameOf({ label = 0, picture = '', range, id }: Case): Uint8Array {
  const payload =
    range === undefined ? picturePayload(label, id, Buffer.from(picture, 'hex')) : rangePayload(range[0], range[1], id)
  return recordFrame(payload, 'a record')
}

test('frames, split payloads and headers have the bytes that MXNet writes', () => {
  const frames = cases.map(frameOf)
  let offset = 0
  const lines = frames.map((frame, key) => {
    const line = `${key}\t${offset}\n`
    offset += frame.length
    return line
  })
  expect(Buffer.concat(frames).equals(readFileSync(fixture('mxnet.rec')))).toBe(true)
  expect(lines.join('')).toBe(readFileSync(fixture('mxnet.idx'), 'utf8'))
})

test('a payload of 2^29 bytes is refused with the name of its picture', () => {
  // Only the length is looked at, so that the test needs no such memory.
  const long = Object.defineProperty(new Uint8Array(8), 'length', { value: 2 ** 29 })
  expect(() => recordFrame(long, 'ann/1.jpg')).toThrow(/^ann\/1.jpg has 536870912 bytes/)
})
