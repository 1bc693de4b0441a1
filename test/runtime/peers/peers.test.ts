import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { alone } from '../../../runtime/peers/alone.ts'
import type { Peers } from '../../../runtime/peers/peers.ts'
import { trainErrors } from '../../../runtime/train/messages.ts'
import { errorOf, meet } from '../../helpers/peers.ts'

const bytes = (text: string) => Buffer.from(text)
const texts = (values: readonly Uint8Array[]) => values.map((value) => Buffer.from(value).toString())

describe('three nodes that have met', () => {
  let nodes: readonly Peers[] = []
  beforeAll(async () => {
    nodes = await meet(3)
  })
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()))
  })
  const each = <T>(call: (node: Peers) => Promise<T>) => Promise.all(nodes.map(call))

  it('know their ranks; rank 0 knows the names of all, the others its own and theirs', () => {
    expect(nodes.map(({ rank }) => rank)).toEqual([0, 1, 2])
    const known = nodes.map(({ names }) => [0, 1, 2].map((rank) => names[rank]))
    expect(known).toEqual([
      ['node-0', 'node-1', 'node-2'],
      ['node-0', 'node-1', undefined],
      ['node-0', undefined, 'node-2'],
    ])
  })

  it('get what rank 0 decides on the values of all, by rank, also where these are larger than a message', async () => {
    const asked: number[] = []
    const small = await each((node) =>
      node.decide('small', bytes(`of ${node.rank}`), 'testing', (values) => {
        asked.push(node.rank)
        return bytes(texts(values).join())
      }),
    )
    expect(texts(small)).toEqual(Array(3).fill('of 0,of 1,of 2'))
    expect(asked).toEqual([0])
    const size = 17 * 2 ** 20
    const large = await each((node) =>
      node.decide('large', new Uint8Array(size).fill(node.rank), 'testing', (values) => Buffer.concat(values)),
    )
    for (const value of large) {
      expect(value).toHaveLength(3 * size)
      expect([0, 1, 2].flatMap((it) => [value[it * size], value[(it + 1) * size - 1]])).toEqual([0, 0, 1, 1, 2, 2])
    }
  })

  it('pass a barrier only when all have come', async () => {
    const [first, second, third] = nodes
    let passed = 0
    const count = () => {
      passed += 1
    }
    const early = [first, second].map((node) => node?.barrier('gate', 'testing').then(count))
    await first?.tryGet('nothing')
    expect(passed).toBe(0)
    await third?.barrier('gate', 'testing')
    await Promise.all(early)
    expect(passed).toBe(2)
  })

  it('set, get, replace and delete keys', async () => {
    const [first, second] = nodes
    const waited = second?.get('later', 20_000)
    await first?.put('later', bytes('one'))
    expect(await waited).toEqual(Uint8Array.from(bytes('one')))
    await second?.put('later', bytes('two'))
    expect(await first?.tryGet('later')).toEqual(Uint8Array.from(bytes('two')))
    await first?.delete('later')
    expect(await second?.tryGet('later')).toBeUndefined()
    expect(await errorOf(second?.get('later', 20) ?? Promise.resolve())).toMatchObject({ code: 'ARC6850' })
  })

  it('ask more at once than the store takes of a connection', async () => {
    const [first, second] = nodes
    const keys = Array.from({ length: 600 }, (_, i) => `many/${i}`)
    const values = Promise.all(keys.map((key) => second?.get(key, 20_000)))
    await Promise.all(keys.map((key) => first?.put(key, bytes(key))))
    expect((await values).map((value) => Buffer.from(value ?? []).toString())).toEqual(keys)
  })
})

describe('the end of a run', () => {
  it('shows the first error at every node, with the node in front', async () => {
    const nodes = await meet(3)
    const [first, second, third] = nodes
    const waiting = nodes.filter((node) => node !== second).map((node) => errorOf(node.barrier('next', 'testing')))
    await second?.fail(trainErrors('ARC6504', { loss: Number.NaN, step: 12 }))
    // What follows from it comes later and does not count.
    await third?.fail(new Error('its peer is gone'))
    const said = { code: 'ARC6504', message: 'rank 1 (node-1): the loss is NaN at step 12: training diverged' }
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject(said)
    for (const node of [first, third]) expect(node?.lost.reason).toMatchObject(said)
    expect(second?.lost.aborted).toBe(false)
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('does not leave a node waiting for one that has gone', async () => {
    const nodes = await meet(2)
    const [first, second] = nodes
    await first?.put('kept', bytes('yes'))
    await second?.close()
    const error = await errorOf(first?.barrier('next', 'the last step') ?? Promise.resolve())
    expect(error).toMatchObject({ code: 'ARC6868', message: expect.stringContaining('rank 1 (node-1)') })
    expect(first?.lost.aborted).toBe(false)
    await first?.close()
  })
})

describe('a process alone', () => {
  it('has all that several have', async () => {
    const peers = alone()
    expect(texts([await peers.decide('x', bytes('me'), 'testing', (values) => Buffer.concat(values))])).toEqual(['me'])
    await peers.barrier('x', 'testing')
    const waited = peers.get('key', 20_000)
    await peers.put('key', bytes('value'))
    expect(texts([await waited])).toEqual(['value'])
    await peers.delete('key')
    expect(await peers.tryGet('key')).toBeUndefined()
    expect(await errorOf(peers.get('key', 10))).toMatchObject({ code: 'ARC6850' })
    await peers.close()
  })
})
