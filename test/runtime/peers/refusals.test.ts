/** Nodes that cannot be part of a run are refused at both sides; the others meet all the same, or all end with one error. */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { malformedOf } from '../../../bench/meet/malformed.ts'
import { agree } from '../../../runtime/peers/agree.ts'
import { join } from '../../../runtime/peers/join.ts'
import type { JoinOptions } from '../../../runtime/peers/join-options.ts'
import type { Peers } from '../../../runtime/peers/peers.ts'
import { randomOf } from '../../helpers/op-case.ts'
import { errorOf, freePort, joinOptions, meet, token } from '../../helpers/peers.ts'

/** Waits for a notice: what rank 0 hears of a newcomer comes a moment after the newcomer's error. */
async function heardBy(heard: readonly string[], text: string): Promise<void> {
  await expect.poll(() => heard.join('\n'), { timeout: 10_000 }).toContain(text)
}

describe('a newcomer who is refused, and then the right one', () => {
  const cases: readonly { readonly name: string; readonly wrong: Partial<JoinOptions>; readonly why: string }[] = [
    {
      name: 'another token',
      wrong: { token: 'another token of some length' },
      why: 'its run token is not that of rank 0',
    },
    { name: 'a token that begins alike', wrong: { token: `${token}!` }, why: 'its run token is not that of rank 0' },
    { name: 'no token', wrong: { token: '' }, why: 'it has no run token, but rank 0 has one' },
  ]
  it.each(cases)('$name', async ({ wrong, why }) => {
    const port = await freePort()
    const heard: string[] = []
    const first = join(joinOptions(port, 0, 2, heard))
    const error = await errorOf(join({ ...joinOptions(port, 1, 2), ...wrong }))
    expect(error).toMatchObject({ code: 'ARC6853', message: expect.stringContaining(why) })
    await heardBy(heard, why)
    const nodes = await Promise.all([first, join(joinOptions(port, 1, 2))])
    await Promise.all(nodes.map((node) => node.barrier('met', 'testing')))
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('a second rank 1', async () => {
    const port = await freePort()
    const heard: string[] = []
    const first = join(joinOptions(port, 0, 3, heard))
    const second = join(joinOptions(port, 1, 3))
    await heardBy(heard, 'rank 1 (node-1) has joined')
    const error = await errorOf(join({ ...joinOptions(port, 1, 3), name: 'another' }))
    expect(error).toMatchObject({
      code: 'ARC6854',
      message: expect.stringContaining('rank 1 has joined already, from node-1'),
    })
    await heardBy(heard, 'rank 1 has joined already')
    const nodes = await Promise.all([first, second, join(joinOptions(port, 2, 3))])
    await Promise.all(nodes.map((node) => node.close()))
  })
})

describe('a node that is started again while its run ends', () => {
  /** Two nodes whose run is over, because rank 1 has failed; neither has closed its connection. */
  async function broken(port: number): Promise<() => Promise<unknown>> {
    const nodes = await Promise.all([0, 1].map((rank) => join(joinOptions(port, rank, 2))))
    await nodes[1]?.fail(new Error('made to fail'))
    return () => Promise.all(nodes.map((node) => node.close()))
  }

  it('is refused with the reason', async () => {
    const port = await freePort()
    const close = await broken(port)
    const error = await errorOf(join(joinOptions(port, 1, 2)))
    expect(error).toMatchObject({ code: 'ARC6867', message: expect.stringContaining('made to fail') })
    await close()
  })

  it('waits for the next run, if it is told to, and joins it', async () => {
    const port = await freePort()
    const close = await broken(port)
    const heard: string[] = []
    const again = join({ ...joinOptions(port, 1, 2, heard), waitsForNext: true })
    await heardBy(heard, 'the run is over')
    await close()
    const nodes = await Promise.all([join(joinOptions(port, 0, 2)), again])
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('waits while its rank counts as present', async () => {
    const port = await freePort()
    const former = await Promise.all([0, 1].map((rank) => join(joinOptions(port, rank, 2))))
    const heard: string[] = []
    const again = join({ ...joinOptions(port, 1, 2, heard), waitsForNext: true })
    await heardBy(heard, 'rank 1 has joined already')
    await Promise.all(former.map((node) => node.close()))
    const nodes = await Promise.all([join(joinOptions(port, 0, 2)), again])
    await Promise.all(nodes.map((node) => node.close()))
  })
})

describe('what all nodes end with', () => {
  it.each([
    { wrong: { version: '2.0' }, said: 'arcc is 1.0 at rank 0 (node-0) and 2.0 at rank 1 (node-1)' },
    { wrong: { nodes: 3 }, said: '--nodes is 2 at rank 0 (node-0) and 3 at rank 1 (node-1)' },
  ])('$said', async ({ wrong, said }) => {
    const port = await freePort()
    const ends = [join(joinOptions(port, 0, 2)), join({ ...joinOptions(port, 1, 2), ...wrong })].map(errorOf)
    for (const error of await Promise.all(ends))
      expect(error).toMatchObject({ code: 'ARC6855', message: expect.stringContaining(said) })
  })

  it('different facts, told alike and of no node alone', async () => {
    const nodes = await meet(2)
    const ends = nodes.map((node, rank) =>
      errorOf(agree(node, 'plan', { 'train.clip': `${rank}`, same: 'x' }, 'comparing')),
    )
    const [one, other] = await Promise.all(ends)
    expect(one).toMatchObject({ code: 'ARC6855', message: expect.stringMatching(/^[^r].*train\.clip is 0 at rank 0/s) })
    expect(other).toMatchObject({ message: one instanceof Error ? one.message : '' })
    await Promise.all(nodes.map((node, rank) => node.fail(rank === 0 ? one : other)))
    for (const { lost } of nodes)
      if (lost.aborted) expect(lost.reason).toMatchObject({ message: one instanceof Error ? one.message : '' })
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('many that do not come: rank 0 names all, the others some of them until the end', async () => {
    const port = await freePort()
    const heard: [string[], string[]] = [[], []]
    const join30 = (rank: 0 | 1) => errorOf(join({ ...joinOptions(port, rank, 30, heard[rank]), timeoutMs: 2500 }))
    const ends = await Promise.all([join30(0), join30(1)])
    const waited = heard.map((lines) =>
      lines.findLast((line) => line.startsWith('waiting for 28 of 30 nodes: rank 2,')),
    )
    expect(waited[0]).toMatch(/rank 28, rank 29$/)
    expect(waited[1]).toMatch(/rank 16, rank 17 and 12 more$/)
    for (const error of ends)
      expect(error).toMatchObject({ code: 'ARC6852', message: expect.stringMatching(/rank 28, rank 29 did not come/) })
  })

  it('a node that does not come, by its rank', async () => {
    const port = await freePort()
    const late = { timeoutMs: 600 }
    const ends = [0, 2].map((rank) => errorOf(join({ ...joinOptions(port, rank, 3), ...late })))
    for (const error of await Promise.all(ends))
      expect(error).toMatchObject({ code: 'ARC6852', message: expect.stringContaining('rank 1') })
    expect(await errorOf(join({ ...joinOptions(port, 1, 3), ...late }))).toMatchObject({ code: 'ARC6851' })
  })
})

describe('malformed messages', () => {
  let nodes: readonly Peers[] = []
  beforeAll(async () => {
    nodes = await meet(2)
  })
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.close()))
  })

  it('end their own connection, and the nodes go on', async () => {
    const { host = '', port = 0 } = nodes[0]?.store ?? {}
    const random = randomOf('malformed')
    const next = malformedOf(token)
    const send = (bytes: Uint8Array, isWhole: boolean) =>
      new Promise<void>((resolve) => {
        const socket = connect({ host, port })
        socket.on('error', () => undefined)
        socket.resume()
        socket.once('close', () => resolve())
        socket.once('connect', () => socket.write(bytes, () => isWhole || socket.destroy()))
      })
    for (let round = 0; round < 20; round++) {
      const sent = Array.from({ length: 10 }, () => next(random)).map(({ bytes, isWhole }) => send(bytes, isWhole))
      await Promise.all(sent)
      await nodes[0]?.put(`round/${round}`, Uint8Array.of(round))
      expect(await nodes[1]?.get(`round/${round}`, 10_000)).toEqual(Uint8Array.of(round))
    }
    await Promise.all(nodes.map((node) => node.barrier('after', 'testing')))
    for (const { lost } of nodes) expect(lost.aborted).toBe(false)
  })
})
