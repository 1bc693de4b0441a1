/** The native client of the run's store, against the store itself and against servers that are none. */
import { createServer, type Server, type Socket } from 'node:net'
import koffi from 'koffi'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { need } from '../../../../grammar/diagnostic.ts'
import { alone } from '../../../../runtime/peers/alone.ts'
import type { Peers } from '../../../../runtime/peers/peers.ts'
import { createXlaEngine } from '../../../../runtime/xla/engine.ts'
import { PjrtError } from '../../../../runtime/xla/pjrt/errors.ts'
import { copyBytes, makeStruct } from '../../../../runtime/xla/pjrt/memory.ts'
import { buildStoreClient } from '../../../../runtime/xla/store/build-client.ts'
import { explainFailure } from '../../../../runtime/xla/store/explain.ts'
import { joinStore, type PluginStore } from '../../../../runtime/xla/store/plugin-store.ts'
import { hasCompiler } from '../../../helpers/compiler.ts'
import { errorOf, freePort, meet } from '../../../helpers/peers.ts'

/** PJRT_KeyValueGetCallback_Args, PJRT_KeyValueTryGetCallback_Args and PJRT_KeyValuePutCallback_Args. */
const common = { key: [16, 'pointer'], key_size: [24, 'i64'] } as const
const layouts = {
  get: {
    size: 80,
    fields: {
      ...common,
      timeout_in_ms: [32, 'i32'],
      callback_error: [40, 'pointer'],
      user_arg: [48, 'pointer'],
    },
    value: 56,
  },
  tryGet: { size: 72, fields: { ...common, callback_error: [32, 'pointer'], user_arg: [40, 'pointer'] }, value: 48 },
  put: {
    size: 64,
    fields: {
      ...common,
      value: [32, 'pointer'],
      value_size: [40, 'i64'],
      callback_error: [48, 'pointer'],
      user_arg: [56, 'pointer'],
    },
    value: 0,
  },
} as const

const callback = koffi.proto('void* StoreCallback(void* args)')
const deleter = koffi.proto('void StoreDeleter(void* value)')
const createError = koffi.proto('void* StoreError(int code, const char* message, size_t size)')

/** Calls a callback as the plugin does, on this thread: its value, or the code and the message of its error. */
function call(
  store: PluginStore,
  which: keyof typeof layouts,
  key: Buffer,
  more: { value?: Buffer; timeout?: number } = {},
) {
  let failed: { code: number; message: string } | undefined
  const onError = koffi.register((code: number, message: string) => {
    failed = { code, message }
    return 1n
  }, koffi.pointer(createError))
  const errorPointer = Buffer.alloc(8)
  errorPointer.writeBigUInt64LE(koffi.address(onError))
  const { size, fields, value: at } = layouts[which]
  const { value, timeout = 0 } = more
  const args = makeStruct(size, fields, {
    key,
    key_size: key.length,
    timeout_in_ms: timeout,
    ...(value === undefined ? {} : { value, value_size: value.length }),
    callback_error: errorPointer,
    user_arg: store.callbacks.argument,
  })
  const error = koffi.call(store.callbacks[which], callback, args.bytes)
  koffi.unregister(onError)
  if (error !== null) return need(failed, 'an error')
  if (which === 'put') return 'ok'
  const [address, length] = [args.bytes.readBigUInt64LE(at), args.bytes.readBigUInt64LE(at + 8)]
  const copy = copyBytes(address, Number(length))
  koffi.call(args.bytes.readBigUInt64LE(at + 16), deleter, address)
  return copy
}

describe.runIf(hasCompiler)('the native client (built with cc; skipped where there is none)', () => {
  let library = ''
  let nodes: readonly Peers[] = []
  let stores: readonly PluginStore[] = []
  beforeAll(async () => {
    library = await buildStoreClient()
    nodes = await meet(2)
    stores = await Promise.all(nodes.map((peers) => joinStore(library, peers)))
  })
  afterAll(async () => {
    for (const store of stores) store.leave()
    await Promise.all(nodes.map((peers) => peers.close()))
  })
  const own = () => need(stores[0], 'a store')
  const other = () => need(stores[1], 'a store')

  it.each([
    ['a short one', Buffer.from('local_topology/cuda/0')],
    ['one of any bytes', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
    ['a long one', Buffer.alloc(8000, 'devices=[0,1,2]')],
  ])('takes keys: %s', (_, key) => {
    expect(call(own(), 'tryGet', key)).toMatchObject({ code: 5 })
    expect(call(own(), 'put', key, { value: Buffer.from('a\0b') })).toBe('ok')
    const last = Buffer.from(key)
    last[last.length - 1] = 33
    expect(call(other(), 'put', last, { value: Buffer.alloc(0) })).toBe('ok')
    expect(call(other(), 'get', key, { timeout: 1000 })).toEqual(Buffer.from('a\0b'))
    expect(call(other(), 'tryGet', last)).toEqual(Buffer.alloc(0))
  })

  it('keeps the keys of clients apart', async () => {
    const [first, second] = await Promise.all(nodes.map((peers) => joinStore(library, peers)))
    call(own(), 'put', Buffer.from('same'), { value: Buffer.from('of the first client') })
    expect(call(need(first, 'a store'), 'tryGet', Buffer.from('same'))).toMatchObject({ code: 5 })
    expect(own().failure()).toBeUndefined()
    first?.leave()
    second?.leave()
    expect(call(need(first, 'a store'), 'tryGet', Buffer.from('same'))).toMatchObject({ code: 10 })
  })

  it('ends waits in time, refuses what is too large, and remembers the first failure alone', () => {
    const key = Buffer.from('local_topology/cuda/7')
    expect(call(own(), 'get', key, { timeout: 50 })).toEqual({
      code: 4,
      message: `the run's store, key "${key}": timed out`,
    })
    const large = Buffer.alloc(2 ** 24 + 1)
    expect(call(own(), 'put', Buffer.from('large'), { value: large })).toMatchObject({ code: 8 })
    expect(call(own(), 'put', Buffer.from('large'), { value: large.subarray(1) })).toBe('ok')
    expect(own().failure()).toEqual({ status: 'timed out', key: String(key), text: 'timed out' })
  })

  it('is refused with another token', async () => {
    const [peers] = nodes
    const { store, ...rest } = need(peers, 'peers')
    const error = await errorOf(
      joinStore(library, { ...rest, store: { ...need(store, 'a store'), token: 'x'.repeat(16) } }),
    )
    expect(error).toMatchObject({ code: 'ARC6881', message: expect.stringContaining('token') })
  })
})

describe.runIf(hasCompiler)('without a store', () => {
  const servers: Server[] = []
  afterEach(() => {
    for (const server of servers.splice(0)) server.close()
    vi.unstubAllEnvs()
  })
  const joinAt = async (port: number) => {
    const peers = { ...alone(), nodes: 2, store: { host: '127.0.0.1', port, token: '' } }
    return errorOf(joinStore(await buildStoreClient(), peers))
  }
  const serve = (onConnection: (socket: Socket) => void) =>
    new Promise<number>((resolve) => {
      const server = createServer(onConnection)
      servers.push(server)
      server.listen(0, '127.0.0.1', () => {
        const address = server.address()
        resolve(address !== null && typeof address === 'object' ? address.port : 0)
      })
    })

  it('says that nobody answers', async () => {
    const port = await freePort()
    expect(await joinAt(port)).toMatchObject({
      code: 'ARC6881',
      message: `XLA cannot reach the store of the run at 127.0.0.1:${port}: Connection refused`,
    })
  })

  it.each([
    ['words', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'it does not speak the store'],
    ['a frame that is too large', Buffer.from([255, 255, 255, 255, 128, 1, 0, 0, 0]), 'it does not speak the store'],
    ['a push without a rank', Buffer.from([5, 0, 0, 0, 32, 0, 0, 0, 0]), 'it does not speak the store'],
    ['a reply whose value ends early', Buffer.from([9, 0, 0, 0, 128, 1, 0, 0, 0, 9, 0, 0, 0]), 'it does not speak the'],
    ['the loss of a rank', Buffer.from([9, 0, 0, 0, 32, 0, 0, 0, 0, 3, 0, 0, 0]), 'rank 3 is lost'],
    ['nothing', Buffer.alloc(0), 'Connection reset by peer'],
  ])('says what it hears: %s', async (_, bytes, reason) => {
    const port = await serve((socket) => socket.once('data', () => socket.end(bytes)))
    expect(await joinAt(port)).toMatchObject({ code: 'ARC6881', message: expect.stringContaining(reason) })
  })

  it('needs a compiler before anything starts', async () => {
    vi.stubEnv('CC', '/nowhere/cc')
    const peers = { ...alone(), nodes: 2 }
    const gpu = { index: 0, name: 'a card', memory: 2 ** 36, compute: [9, 0] } as const
    const world = { size: 2, local: 1, rank: 0 }
    const error = await errorOf(
      createXlaEngine({ world, peers, devices: { kind: 'cuda', gpus: [gpu], memory: 2 ** 35 } }),
    )
    expect(error).toMatchObject({ code: 'ARC6880' })
  })
})

describe('what a failure was', () => {
  const pjrt = new PjrtError('PJRT_Client_Compile', 'INTERNAL', 'out of luck')
  const failing = (failure: ReturnType<PluginStore['failure']>) => ({ failure: () => failure })

  it.each([
    ['global_topology/cuda', 'the devices of all ranks'],
    ['root_process: 3; clique: devices=[0]', "NCCL's id of rank 3"],
    ['autotune_results_1', '`autotune_results_1`'],
  ])('is said of %s', async (key, what) => {
    const error = await explainFailure(pjrt, alone(), failing({ status: 'limit', key, text: 'too large' }))
    expect(error).toMatchObject({ code: 'ARC6882', params: { what, reason: ': too large' } })
  })

  it('is the loss of a node, though the news comes later', async () => {
    const lost = new AbortController()
    const peers = { ...alone(), lost: lost.signal }
    const explained = explainFailure(pjrt, peers, failing({ status: 'gone', key: 'x', text: '' }))
    setTimeout(() => lost.abort('rank 1 is lost'), 50)
    expect(await explained).toBe('rank 1 is lost')
  })

  it('is itself, if nothing of the store failed or it comes from elsewhere', async () => {
    const peers = { ...alone(), lost: AbortSignal.abort('rank 1 is lost') }
    expect(await explainFailure(pjrt, alone(), failing(undefined))).toBe(pjrt)
    const other = new Error('no disk')
    expect(await explainFailure(other, peers, failing(undefined))).toBe(other)
  })
})
