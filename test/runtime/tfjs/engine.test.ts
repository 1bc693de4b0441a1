/** The TensorFlow.js engine as the runtime sees it: replicas, ownership, donation, determinism, errors. */
import tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GraphBuilder } from '../../../compiler/ir/build.ts'
import type { TensorType } from '../../../compiler/ir/dtype.ts'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import { need } from '../../../grammar/diagnostic.ts'
import type { CompileOptions, DeviceTensor, Engine, HostTensor } from '../../../runtime/engine.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { interpret } from '../../../runtime/tfjs/interpret.ts'
import { fromHost } from '../../../runtime/tfjs/transfer.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { hostTensor, numbersOf } from '../../helpers/host-tensor.ts'
import { isInstalled } from '../../helpers/is-installed.ts'

const f32 = (...shape: number[]): TensorType => ({ dtype: 'f32', shape })
const i32 = (...shape: number[]): TensorType => ({ dtype: 'i32', shape })

/** A graph of named inputs; `build` returns its outputs. */
function graphOf(
  replicas: number,
  inputs: readonly TensorType[],
  build: (b: GraphBuilder, inputs: Value[]) => Value[],
): Graph {
  const b = new GraphBuilder('step', replicas)
  const values = inputs.map((type, i) => b.input(`in${i}`, type))
  return b.finish(build(b, values).map((value, i) => ({ name: `out${i}`, value })))
}

let engine: Engine
let tensorsBefore = 0

beforeEach(async () => {
  engine = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
  tensorsBefore = tf.memory().numTensors
})

afterEach(() => {
  expect(engine.alive).toBe(0)
  expect(tf.memory().numTensors).toBe(tensorsBefore)
  engine.dispose()
})

const uploadAll = (inputs: readonly (readonly HostTensor[])[]) =>
  Promise.all(inputs.map((own, replica) => Promise.all(own.map((tensor) => engine.upload(replica, tensor)))))

const readAll = (tensors: readonly (readonly DeviceTensor[])[]) =>
  Promise.all(tensors.map((own) => Promise.all(own.map((tensor) => tensor.read()))))

const disposeAll = (...tensors: readonly (readonly (readonly DeviceTensor[])[])[]) => {
  for (const tensor of tensors.flat(2)) tensor.dispose()
}

/** Runs once and leaves nothing behind. */
async function runOnce(graph: Graph, inputs: readonly (readonly HostTensor[])[], options?: CompileOptions) {
  const executable = await engine.compile(graph, options)
  const given = await uploadAll(inputs)
  const outputs = await executable.run(given)
  const read = await readAll(outputs)
  disposeAll(given, outputs)
  return read
}

describe('replicas', () => {
  test('each collective sees the operands of all replicas', async () => {
    const graph = graphOf(2, [f32(4), i32(2)], (b, [x, n]) => {
      const [a, c] = [need(x, 'x'), need(n, 'n')]
      const [sum, whole] = b.addAll('all_reduce', [a, c], { reduction: 'sum' })
      return [
        need(sum, 'sum'),
        need(whole, 'whole'),
        b.add('all_reduce', [a], { reduction: 'max' }),
        b.add('all_gather', [c], { dim: 0 }),
        b.add('reduce_scatter', [a], { dim: 0 }),
        b.add('replica_id', [], {}),
      ]
    })
    const read = await runOnce(graph, [
      [hostTensor(f32(4), [1, 2, 3, 4]), hostTensor(i32(2), [1, 2])],
      [hostTensor(f32(4), [10, -20, 30, -40]), hostTensor(i32(2), [3, 4])],
    ])
    const shared = [
      [11, -18, 33, -36],
      [4, 6],
      [10, 2, 30, 4],
      [1, 2, 3, 4],
    ]
    expect(read.map((own) => own.map(numbersOf))).toEqual([
      [...shared, [11, -18], [0]],
      [...shared, [33, -36], [1]],
    ])
  })

  test('a loop runs its trips in lockstep: a collective inside it sees every replica of the same trip', async () => {
    const body = graphOf(2, [i32(), f32(), f32()], (b, [trip, rate, total]) => {
      const at = b.add('convert', [need(trip, 'trip')], { dtype: 'f32' })
      const own = b.add('multiply', [need(rate, 'rate'), at], {})
      return [b.add('add', [need(total, 'total'), b.add('all_reduce', [own], { reduction: 'sum' })], {})]
    })
    const graph = graphOf(2, [f32(), f32()], (b, inputs) => [
      b.add('for_loop', inputs, { trips: 4, invariants: 1 }, [body]),
    ])
    const inputs = [1, 10].map((rate) => [hostTensor(f32(), [rate]), hostTensor(f32(), [0.5])])
    const read = await runOnce(graph, inputs)
    expect(read.map((own) => own.map(numbersOf))).toEqual([[[66.5]], [[66.5]]])
  })
})

describe('ownership', () => {
  const double = graphOf(2, [f32(2)], (b, [x]) => [b.add('add', [need(x, 'x'), need(x, 'x')], {})])
  const pair = [0, 1].map((replica) => [hostTensor(f32(2), [replica, 2])])

  test('alive counts what nobody has disposed; a second dispose does nothing', async () => {
    const executable = await engine.compile(double)
    const given = await uploadAll(pair)
    expect(engine.alive).toBe(2)
    const outputs = await executable.run(given)
    expect(engine.alive).toBe(4)
    disposeAll(given, given)
    expect(engine.alive).toBe(2)
    expect((await readAll(outputs)).map((own) => own.map(numbersOf))).toEqual([[[0, 4]], [[2, 4]]])
    disposeAll(outputs)
  })

  test('donated inputs are consumed, and their use afterwards is an error', async () => {
    const executable = await engine.compile(double, { donate: new Map([[0, 0]]) })
    const given = await uploadAll(pair)
    const outputs = await executable.run(given)
    expect(engine.alive).toBe(2)
    await expect(readAll(given)).rejects.toThrow('disposed or donated')
    await expect(executable.run(given)).rejects.toThrow('input 0 of graph step was disposed or donated')
    disposeAll(outputs)
  })

  test('outputs that are inputs, or given twice, are values of their own', async () => {
    const graph = graphOf(2, [f32(2)], (_, [x]) => [need(x, 'x'), need(x, 'x')])
    const executable = await engine.compile(graph)
    const given = await uploadAll(pair)
    const outputs = await executable.run(given)
    disposeAll(given, [outputs.map((own) => need(own[0], 'an output'))])
    expect(await readAll(outputs.map((own) => own.slice(1)))).toEqual(pair)
    disposeAll(outputs)
  })

  test('what is uploaded and read are copies', async () => {
    const host = hostTensor(f32(2), [1, 2])
    const tensor = await engine.upload(0, host)
    host.data[0] = 9
    const read = await tensor.read()
    read.data[1] = 9
    expect(numbersOf(await tensor.read())).toEqual([1, 2])
    tensor.dispose()
  })

  test('engine.dispose frees what is left', async () => {
    await uploadAll(pair)
    engine.dispose()
    expect(engine.alive).toBe(0)
  })

  test('values are freed after their last use, not at the end of the graph', async () => {
    const graph = graphOf(1, [f32(2)], (b, [x]) => {
      let sum = need(x, 'x')
      for (let i = 0; i < 50; i++) sum = b.add('add', [sum, sum], {})
      return [sum]
    })
    let most = 0
    const watched = Object.create(tf, {
      tidy: {
        value: (body: () => tf.Tensor[]) => {
          most = Math.max(most, tf.memory().numTensors - tensorsBefore)
          return tf.tidy(body)
        },
      },
    })
    const cx = { tf: watched, ownLoops: true }
    const [outputs] = await interpret(cx, graph, [[fromHost(cx, hostTensor(f32(2), [1, 2]))]])
    expect(most).toBe(1)
    expect(outputs?.map((value) => value.kind === 'float' && [...value.tensor.dataSync()])).toEqual([
      [2 ** 50, 2 ** 51],
    ])
    for (const value of outputs ?? []) if (value.kind === 'float') value.tensor.dispose()
  })

  test('a run that fails frees what it made', async () => {
    const graph = graphOf(2, [f32(1)], (b, [x]) => [
      b.add('reduce_sum', [b.add('sqrt', [need(x, 'x')], {})], { dims: [0] }),
    ])
    const broken = Object.create(tf, { sum: { value: () => tf.reshape(tf.zeros([3]), [2]) } })
    const cx = { tf: broken, ownLoops: true }
    const inputs = [0, 1].map(() => [fromHost(cx, hostTensor(f32(1), [1]))])
    await expect(interpret(cx, graph, inputs)).rejects.toThrow('reduce_sum failed in TensorFlow.js: Size(3) must match')
  })
})

describe('runs', () => {
  const mixing = graphOf(2, [f32(8, 8), i32(8)], (b, [x, n]) => {
    const product = b.add('dot_general', [need(x, 'x'), need(x, 'x')], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [0],
      dtype: 'f32',
    })
    const sum = b.add('all_reduce', [b.add('tanh', [product], {})], { reduction: 'sum' })
    return [sum, b.add('gather_rows', [sum, need(n, 'n')], {})]
  })
  const inputs = [0, 1].map((replica) => [
    hostTensor(
      f32(8, 8),
      Array.from({ length: 64 }, (_, i) => Math.sin(i + 64 * replica)),
    ),
    hostTensor(i32(8), [7, 1, 0, -3, 99, 2, 2, 4]),
  ])

  test('two runs give the same bits, also when they take turns', async () => {
    const first = await runOnce(mixing, inputs)
    expect(await runOnce(mixing, inputs)).toEqual(first)
    const together = await Promise.all([runOnce(mixing, inputs), runOnce(mixing, inputs)])
    expect(together).toEqual([first, first])
  })

  test('the event loop gets turns while a graph runs', async () => {
    const body = graphOf(2, [i32(), f32(64, 64)], (b, [, x]) => {
      const m = need(x, 'x')
      const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0], dtype: 'f32' } as const
      return [b.add('tanh', [b.add('dot_general', [m, m], dims)], {})]
    })
    const graph = graphOf(2, [f32(64, 64)], (b, given) => [
      b.add('for_loop', given, { trips: 100, invariants: 0 }, [body]),
    ])
    let turns = 0
    const ticker = setInterval(() => turns++, 1)
    await runOnce(
      graph,
      [0, 1].map(() => [hostTensor(f32(64, 64), new Array<number>(4096).fill(0.01))]),
    )
    clearInterval(ticker)
    expect(turns).toBeGreaterThan(0)
  })
})

describe('mistakes', () => {
  const same = graphOf(2, [f32(2)], (_, [x]) => [need(x, 'x')])

  test('a graph for another number of replicas', async () => {
    const alone = graphOf(1, [f32(2)], (_, [x]) => [need(x, 'x')])
    await expect(engine.compile(alone)).rejects.toThrow('graph step is for 1 replicas, the engine has 2')
  })

  test.each([
    ['too few inputs', [[], []], '0 inputs where graph step has 1'],
    ['another shape', [[f32(3)], [f32(2)]], 'input 0 of graph step is f32[3], but f32[2] is declared'],
    ['another dtype', [[f32(2)], [i32(2)]], 'input 0 of graph step is i32[2], but f32[2] is declared'],
  ] as const)('%s', async (_, types, message) => {
    const given = await uploadAll(
      types.map((own) => own.map((type) => hostTensor(type, new Array<number>(need(type.shape[0], 'a dim')).fill(0)))),
    )
    await expect((await engine.compile(same)).run(given)).rejects.toThrow(message)
    disposeAll(given)
  })

  test("another replica's tensor", async () => {
    const given = await uploadAll([[hostTensor(f32(2), [1, 2])], [hostTensor(f32(2), [3, 4])]])
    await expect((await engine.compile(same)).run(given.toReversed())).rejects.toThrow('is on replica 1, not on 0')
    disposeAll(given)
  })

  test("another engine's tensor", async () => {
    const other = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
    const given = await uploadAll([[hostTensor(f32(2), [1, 2])], [hostTensor(f32(2), [3, 4])]])
    await expect((await other.compile(same)).run(given)).rejects.toThrow('belongs to another engine')
    disposeAll(given)
  })

  test('f64 is refused, in a region too, and on upload', async () => {
    const body = graphOf(2, [i32(), f32()], (b, [, x]) => {
      const wide = b.add('convert', [need(x, 'x')], { dtype: 'f64' })
      return [b.add('convert', [wide], { dtype: 'f32' })]
    })
    const graph = graphOf(2, [f32()], (b, given) => [b.add('for_loop', given, { trips: 1, invariants: 0 }, [body])])
    await expect(engine.compile(graph)).rejects.toMatchObject({
      code: 'ARC6021',
      params: { graph: 'step', value: 'convert f64[]' },
    })
    await expect(engine.upload(0, hostTensor({ dtype: 'f64', shape: [1] }, [1]))).rejects.toMatchObject({
      code: 'ARC6021',
    })
  })
})

describe('backends', () => {
  test('the description says what runs', () => {
    expect(engine.description).toMatch(/^TensorFlow\.js 4\.\d+\.\d+, JavaScript kernels, 2 replicas in turn$/)
  })

  test.skipIf(isInstalled('@tensorflow/tfjs-node'))('a native backend that is not installed is an error', async () => {
    await expect(createTfjsEngine({ world: oneProcess(1), backend: 'node' })).rejects.toMatchObject({
      code: 'ARC6020',
      params: { backend: 'node', package: '@tensorflow/tfjs-node', reason: 'not installed' },
    })
  })
})
