/** Malformed messages at the store of three nodes that exchange keys: none ends anything but its connection, and nothing of it stays. */
import { connect, type Socket } from 'node:net'
import { formatBytes } from '../../cli/render/format.ts'
import { randomOf } from '../../test/helpers/op-case.ts'
import { type Malformed, malformedOf } from './malformed.ts'
import type { Network } from './network.ts'
import { killAll, leave, startNode } from './nodes.ts'
import { expect } from './report.ts'

/** Connections at once. */
const beside = 16
/** Milliseconds that the store has to close a connection after a malformed message. */
const closeTime = 5000
/** Bytes by which the process of rank 0 may grow after the warm-up. */
const mostGrowth = 10e6
/** Memory goes up and down with what is exchanged at the moment: the least of so many looks counts. */
const looks = 10
const betweenLooks = 400
/** Connections that say nothing: more than the store takes. They have 10 s. */
const silent = 200
const silentTime = 13_000

interface Address {
  readonly host: string
  readonly port: number
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Resolves when the other side has closed, or with false after a time. */
function closed(socket: Socket, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), withinMs)
    socket.once('close', () => {
      clearTimeout(late)
      resolve(true)
    })
  })
}

/** Sends one, in pieces or at once; returns whether the store has closed the connection as it should. */
async function send({ bytes, isWhole }: Malformed, at: Address, random: () => number): Promise<boolean> {
  const [cut, isCut, isReset, pause] = [
    Math.floor(random() * bytes.length),
    random() < 0.3,
    random() < 0.5,
    random() * 20,
  ]
  const socket = connect(at)
  socket.on('error', () => undefined)
  // What comes is not read further, but has to be taken for the end to be seen.
  socket.resume()
  const end = closed(socket, closeTime)
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve)
    socket.once('close', () => resolve())
  })
  if (isCut) {
    socket.write(bytes.subarray(0, cut))
    await sleep(1)
    socket.write(bytes.subarray(cut))
  } else socket.write(bytes)
  if (isWhole) return end
  await sleep(pause)
  if (isReset) socket.resetAndDestroy()
  else socket.destroy()
  return true
}

export async function flood(network: Network, token: string, messages: number, seed: number): Promise<void> {
  const port = await network.freePort()
  const at = { host: network.host, port }
  const nodes = [0, 1, 2].map((rank) => startNode({ network, port, nodes: 3, token, rank, isFrugal: rank === 0 }))
  const [first] = nodes
  const make = malformedOf(token)
  const random = randomOf(`meet ${seed}`)
  const open = new Map<string, number>()
  const sendAll = async (count: number) => {
    let left = count
    const worker = async () => {
      while (left-- > 0) {
        const message = make(random)
        if (!(await send(message, at, random))) open.set(message.kind, (open.get(message.kind) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: beside }, worker))
    // Connections that the store has closed are gone a second later.
    await sleep(2000)
  }
  const use = async () => {
    if (first === undefined) throw new Error('no rank 0')
    return first.tell({ do: 'use' })
  }
  const leastMemory = async () => {
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < looks; i++) {
      least = Math.min(least, (await use()).memory)
      await sleep(betweenLooks)
    }
    return least
  }
  try {
    await Promise.all(nodes.map(({ joined }) => joined))
    const quiet = await use()
    await Promise.all(nodes.map((node) => node.tell({ do: 'flow' })))
    // As many go first: buffers and compiled code are there then.
    await sendAll(messages)
    const before = await leastMemory()
    const begun = performance.now()
    await sendAll(messages)
    const seconds = (performance.now() - begun) / 1000
    const after = await leastMemory()
    const sockets = Array.from({ length: silent }, () =>
      connect(at)
        .on('error', () => undefined)
        .resume(),
    )
    const ends = await Promise.all(sockets.map((socket) => closed(socket, silentTime)))
    for (const socket of sockets) socket.destroy()
    await sleep(500)
    const stopped = await Promise.all(nodes.map((node) => node.tell({ do: 'stop' })))
    const last = await use()
    const left = await leave(nodes)
    const keys = Math.min(...stopped.map((done) => done.keys))
    const stayed = [...open].map(([kind, count]) => `${count} × ${kind}`)
    const name = `${messages} malformed messages (--seed ${seed}) in ${seconds.toFixed(0)} s`
    expect(stayed.length === 0, `${name}: each ends its connection`, stayed)
    const errors = left.map(({ error }) => error)
    expect(
      left.every(({ code }) => code === 0) && keys > 0,
      `none ends the store or a node: each of three has read ${keys} right keys meanwhile`,
      errors,
    )
    const growth = after - before
    const sizes = `${formatBytes(quiet.memory)} at first, ${formatBytes(before)} before, ${formatBytes(after)} after`
    expect(growth < mostGrowth, `the memory of rank 0 is flat: ${sizes}`)
    expect(
      ends.every(Boolean),
      `${silent} connections that say nothing are closed, ${ends.filter((it) => !it).length} are not`,
    )
    expect(
      last.descriptors === quiet.descriptors,
      `open descriptors of rank 0: ${quiet.descriptors} at first, ${last.descriptors} at last`,
    )
  } finally {
    await killAll(nodes)
  }
}
