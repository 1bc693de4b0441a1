/** Sets that several nodes embed: each reads its part, and rank 0 has what one process has. */
import { describe, expect, test } from 'vitest'
import { type Embedder, embedEach, embedPictures } from '../../../runtime/evaluate/embed-pairs.ts'
import { createExchange } from '../../../runtime/evaluate/exchange.ts'
import type { EmbeddedImages } from '../../../runtime/evaluate/rounds.ts'
import { embedTogether } from '../../../runtime/evaluate/together.ts'
import { createJoint } from '../../../runtime/peers/joint.ts'
import type { Peers } from '../../../runtime/peers/peers.ts'
import { worldOf } from '../../../runtime/world.ts'
import { fakeEmbedder, fakeRound, fakeWidth } from '../../helpers/fake-embedder.ts'
import { errorOf } from '../../helpers/peers.ts'
import { testNodes } from '../../helpers/test-nodes.ts'

const pictureBytes = 48

/** Pictures whose bytes are their number and what follows it; those in `blank` cannot be read and are black. */
function images(count: number, blank: readonly number[] = [], fail = -1) {
  const read: number[] = []
  const loader: EmbeddedImages['loader'] = {
    async read(numbers) {
      read.push(...numbers)
      if (numbers.includes(fail)) throw new Error(`picture ${fail}`)
      const pixels = new Uint8Array(new SharedArrayBuffer(numbers.length * pictureBytes))
      for (const [row, i] of numbers.entries()) {
        if (blank.includes(i)) continue
        for (let at = 0; at < pictureBytes; at++) pixels[row * pictureBytes + at] = i + at
      }
      const skipped = [...numbers].filter((i) => blank.includes(i))
      const told = skipped.map((image) => ({ image, file: `${image}.jpg`, reason: 'it ends too soon' }))
      return { pixels, numbers, skipped: told, release: () => undefined }
    },
  }
  return { read, set: { pairs: { images: count }, loader } }
}

/** What `embedEach` hands on, as plain data. */
async function handedOn(embedder: Embedder, set: EmbeddedImages) {
  const rounds: { first: number; outputs: number[][]; skipped: number[] }[] = []
  await embedEach(embedder, set, (first, outputs, skipped) => {
    rounds.push({ first, outputs: outputs.map((rows) => [...rows]), skipped: skipped.map(({ image }) => image) })
  })
  const flat = (i: number) => rounds.flatMap(({ outputs }) => outputs[i] ?? [])
  return {
    firsts: rounds.map(({ first }) => first),
    rows: [flat(0), flat(1)],
    skipped: rounds.flatMap((of) => of.skipped),
  }
}

/** Runs `body` on each node. */
function onNodes<T>(nodes: readonly Peers[], body: (peers: Peers) => Promise<T>): Promise<T[]> {
  return Promise.all(nodes.map(body))
}

const together = (peers: Peers) => embedTogether(peers, createJoint(peers, 'joint'), 'sets')

/** Of 1, less than a round, a round and one, many; the last nodes have none of the last round. */
test.each([
  [2, 1],
  [2, 8],
  [2, 17],
  [2, 200],
  [3, 100],
  [5, 41],
])('%i nodes, %i pictures: each node reads its part, and all rows come in order', async (nodes, count) => {
  const blank = [0, 9, 40]
  const one = await handedOn(fakeEmbedder(), images(count, blank).set)
  const parts: number[][] = []
  const results = await onNodes(testNodes(nodes).peers, async (peers) => {
    const { read, set } = images(count, blank)
    parts[peers.rank] = read
    const work = (embedder: Embedder) => handedOn(embedder, set)
    return together(peers).embed({ what: 'a test', embedder: fakeEmbedder(), images: set, work })
  })
  for (const { rows, skipped } of results) expect({ rows, skipped }).toEqual({ rows: one.rows, skipped: one.skipped })
  const expected = Array.from({ length: count }, (_, i) => i)
  expect(parts.flat().toSorted((a, b) => a - b)).toEqual(expected)
  for (const [rank, part] of parts.entries()) for (const i of part) expect(Math.floor(i / fakeRound) % nodes).toBe(rank)
})

test('what is combined is combined where it is embedded', async () => {
  const combine = ([a = new Float32Array(0), b = a]: readonly Float32Array[]) => [
    a.map((value, i) => value - (b[i] ?? 0)),
  ]
  const one = await handedOn({ ...fakeEmbedder(), combine }, images(40).set)
  const { peers } = testNodes(2)
  const [result] = await onNodes(peers, (own) => {
    const { set } = images(40)
    const work = (embedder: Embedder) => handedOn(embedder, set)
    return together(own).embed({ what: 'a test', embedder: { ...fakeEmbedder(), combine }, images: set, work })
  })
  expect(result?.rows).toEqual(one.rows)
  expect(result?.rows[1]).toEqual([])
})

test('one set after the other, and no key of the store remains', async () => {
  const { peers } = testNodes(2)
  const kept = new Map<string, number>()
  await onNodes(peers, async (own) => {
    const counted: Peers = {
      ...own,
      put: async (key, value) => {
        kept.set(key, value.length)
        await own.put(key, value)
      },
      delete: async (key) => {
        kept.delete(key)
        await own.delete(key)
      },
    }
    const shared = together(counted)
    for (const count of [100, 3]) {
      const { set } = images(count)
      const work = async (embedder: Embedder) => (await embedPictures(embedder, set)).original.length
      expect(await shared.embed({ what: 'a test', embedder: fakeEmbedder(), images: set, work })).toBe(
        count * fakeWidth,
      )
    }
  })
  // Those of the last rounds, of a byte each.
  expect([...kept.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(10)
})

describe('what ends it', () => {
  test.each([3, 11])('picture %i cannot be read: all nodes show the error, with its node', async (fail) => {
    const errors = await onNodes(testNodes(2).peers, (own) => {
      const { set } = images(100, [], fail)
      const work = (embedder: Embedder) => handedOn(embedder, set)
      return errorOf(together(own).embed({ what: 'a test', embedder: fakeEmbedder(), images: set, work }))
    })
    const at = Math.floor(fail / fakeRound)
    for (const [rank, error] of errors.entries())
      expect(String(error)).toMatch(rank === at ? `picture ${fail}` : `rank ${at} (node-${at}): `)
  })

  test('an error of what is made of the embeddings ends all', async () => {
    const errors = await onNodes(testNodes(3).peers, (own) => {
      const { set } = images(1000)
      const work = (embedder: Embedder) =>
        embedEach(embedder, set, (first) => {
          if (first > 20) throw new Error('the disk is full')
        })
      return errorOf(together(own).embed({ what: 'a test', embedder: fakeEmbedder(), images: set, work }))
    })
    for (const error of errors) expect(String(error)).toContain('the disk is full')
  })

  test.each([0, 1])('rank %i is lost: the other one ends', async (gone) => {
    const { peers, lose } = testNodes(2)
    const loss = new Error(`rank ${gone} is lost`)
    const left = peers[1 - gone] as Peers
    const { set } = images(1000)
    const work = (embedder: Embedder) => handedOn(embedder, set)
    const end = errorOf(together(left).embed({ what: 'a test', embedder: fakeEmbedder(), images: set, work }))
    setTimeout(() => lose(gone, loss as never), 50)
    expect(await end).toBe(loss)
  })
})

test('a large round goes through the store in parts, of which it holds few', async () => {
  const { peers } = testNodes(2)
  const [embedBatch, width] = [1000, 5000]
  let [held, most] = [0, 0]
  const sizes = new Map<string, number>()
  const watched = (own: Peers): Peers => ({
    ...own,
    put: async (key, value) => {
      sizes.set(key, value.length)
      held += value.length
      most = Math.max(most, held)
      await own.put(key, value)
    },
    delete: async (key) => {
      held -= sizes.get(key) ?? 0
      sizes.delete(key)
      await own.delete(key)
    },
  })
  const exchanges = peers.map((own) =>
    createExchange({
      ...{ peers: watched(own), world: worldOf(2, own), name: 'large', images: 2000, embedBatch, width },
      signal: undefined,
    }),
  )
  const numbers = (seed: number) => Float32Array.from({ length: embedBatch * width }, (_, i) => i * seed)
  const outputs = [numbers(1), numbers(2)]
  const found: (readonly Float32Array[])[] = []
  const none = { outputs: [], skipped: [] }
  await Promise.all([
    exchanges[0]?.pass(0, 0, none, (_, rows) => void found.push(rows)),
    exchanges[1]?.pass(0, 1000, { outputs, skipped: [] }, () => undefined),
  ])
  // Vitest compares millions of numbers one by one.
  for (const [i, rows] of outputs.entries()) expect(found[1]?.[i]?.every((value, at) => value === rows[at])).toBe(true)
  expect(most).toBeGreaterThan(15e6)
  expect(most).toBeLessThan(17e6)
})
