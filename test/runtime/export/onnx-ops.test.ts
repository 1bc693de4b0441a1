/** The table of op cases in ONNX: each op that exports have gives in ONNX Runtime what the reference gives. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Graph, Value } from '../../../compiler/ir/graph.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { ArccError } from '../../../runtime/errors.ts'
import { elementSource } from '../../../runtime/export/onnx/elements.ts'
import { emitLayer } from '../../../runtime/export/onnx/emit-layer.ts'
import { Emitter, type Scope } from '../../../runtime/export/onnx/emitter.ts'
import { layersOf } from '../../../runtime/export/onnx/layers.ts'
import { int, ints } from '../../../runtime/export/onnx/model.ts'
import { sourceRules } from '../../../runtime/export/onnx/rules-elementwise.ts'
import { type StoredType, storedAs } from '../../../runtime/export/onnx/stored-tensor.ts'
import { inOrder, type View } from '../../../runtime/export/onnx/view.ts'
import { writeModel } from '../../../runtime/export/onnx/write-model.ts'
import { numbersOf } from '../../helpers/host-tensor.ts'
import { python, pythonIsThere, whyNot } from '../../helpers/onnx-python.ts'
import type { OpCase } from '../../helpers/op-case.ts'
import { evaluate } from '../../helpers/reference.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'
import { allOpCases } from '../../ops/all-op-cases.ts'

const folder = temporaryFolder()

/** How inputs lie: stored, as results of nodes, or as results with their dims reversed. */
const layouts = ['stored', 'computed', 'reversed'] as const

const storedTypes: Readonly<Record<string, StoredType>> = { f32: 'f32', f16: 'f16', i32: 'i32', pred: 'pred' }

const sized = (shape: readonly number[]) => shape.map((count) => ({ count, ofBatch: false }))

/** The nodes of a case with its first output as f32, named `embedding`. */
function modelOf({ inputs }: OpCase, graph: Graph, layout: (typeof layouts)[number]) {
  const emitter = new Emitter(17, 'data', 'embedding')
  const views = new Map<Value, View>()
  const source = (value: Value): View => {
    if (value.op.kind === 'constant') return sourceRules.constant(value.op, scope)
    const index = graph.inputs.indexOf(value)
    const { dtype, shape } = value.type
    const values = numbersOf(need(inputs[0]?.[index], 'an input'))
    const tensor = storedAs({ kind: 'numbers', values: Array.from(values), shape }, need(storedTypes[dtype], dtype))
    const axes = inOrder(shape.length)
    if (layout === 'stored') return { tensor, axes }
    const name = emitter.node('Identity', [emitter.stored(tensor)])
    if (layout === 'computed') return { tensor: name, axes }
    const perm = axes.toReversed()
    return { tensor: emitter.node('Transpose', [name], { perm: ints(perm) }), axes: perm }
  }
  const scope: Scope = {
    emitter,
    extents: ({ type }) => sized(type.shape),
    placed: (value) => ({ view: views.get(value) ?? source(value), extents: sized(value.type.shape) }),
  }
  for (const layer of layersOf(graph, true)) views.set(layer.result, emitLayer(layer, scope))
  const output = need(graph.outputs[0], 'an output').value
  const whole = emitter.whole(scope.placed(output), inOrder(output.type.shape.length))
  emitter.node('Cast', [whole], { to: int(1) })
  const nodes = emitter.nodes.map((node, i) =>
    i + 1 === emitter.nodes.length ? { ...node, output: 'embedding' } : node,
  )
  return {
    opset: 17,
    name: 'case',
    producerVersion: '0',
    metadata: new Map<string, string>(),
    nodes,
    tensors: emitter.tensors,
    input: { name: 'data', shape: sized([1]) },
    output: { name: 'embedding', shape: sized(output.type.shape) },
  }
}

const runAll = `
import sys, json, numpy, onnxruntime
options = onnxruntime.SessionOptions()
options.log_severity_level = 4
for name in json.loads(sys.argv[2]):
    path = sys.argv[1] + '/' + name
    try:
        session = onnxruntime.InferenceSession(path + '.onnx', options, providers=['CPUExecutionProvider'])
        result = session.run(None, {'data': numpy.zeros(1, 'f4')})[0]
        numpy.ascontiguousarray(result.astype('<f4')).tofile(path + '.out')
    except Exception as error:
        open(path + '.error', 'w').write(str(error))
`

/** Kinds that no network in verification has. */
const absentKinds = [
  ...['all_gather', 'all_reduce', 'batch_norm_grad', 'batch_norm_training', 'bitcast', 'conv2d_filter_grad'],
  ...['conv2d_input_grad', 'dynamic_slice', 'dynamic_update_slice', 'for_loop', 'iota', 'is_finite', 'max_pool_grad'],
  ...['optimization_barrier', 'pad', 'reduce_scatter', 'replica_id', 'reverse', 'scatter_rows', 'shift_left'],
  'shift_right_logical',
]

const cases = allOpCases.filter(({ replicas, inputs }) => {
  return replicas === 1 && (inputs[0] ?? []).every(({ dtype }) => storedTypes[dtype] !== undefined)
})

describe('op cases', () => {
  const written = new Map<string, OpCase>()

  test('are written, or refused with a reason', async () => {
    const refused = new Set<string>()
    for (const [i, opCase] of cases.entries()) {
      const graph = opCase.graph()
      for (const layout of layouts) {
        try {
          const name = `${i}-${layout}`
          const model = modelOf(opCase, graph, layout)
          await writeModel(folder, `${name}.onnx`, model, elementSource(new Map()), { external: false, shown: name })
          written.set(name, opCase)
        } catch (error) {
          if (!(error instanceof ArccError)) throw new Error(`${opCase.name}: ${String(error)}`, { cause: error })
          expect(error.code).toBe('ARC6800')
          refused.add(String(error.params.op))
        }
      }
    }
    expect([...refused].filter((kind) => !absentKinds.includes(kind)).sort()).toEqual(refusedForSome)
    expect(written.size).toBeGreaterThan(200)
  })

  test.skipIf(!pythonIsThere)(
    `give in ONNX Runtime what the reference gives${whyNot}`,
    () => {
      execFileSync(python, ['-c', runAll, folder, JSON.stringify([...written.keys()])], { stdio: 'ignore' })
      const wrong: string[] = []
      for (const [name, opCase] of written) {
        const graph = opCase.graph()
        const [[expected] = []] = evaluate(graph, opCase.inputs)
        // The output was converted to f32.
        const wanted = Float32Array.from(numbersOf(need(expected, 'an output')))
        try {
          const bytes = Uint8Array.from(readFileSync(join(folder, `${name}.out`)))
          const found = new Float32Array(bytes.buffer)
          const near = (a: number, b: number) =>
            Object.is(a, b) ||
            a === b ||
            (Number.isNaN(a) && Number.isNaN(b)) ||
            Math.abs(a - b) <= opCase.tolerance * Math.max(1, Math.abs(b))
          const bad = Array.from(wanted).findIndex((value, k) => !near(found[k] ?? 1e30, value))
          if (bad >= 0 || found.length !== wanted.length)
            wrong.push(`${opCase.name} ${name}: element ${bad} is ${found[bad]}, not ${wanted[bad]}`)
        } catch {
          wrong.push(`${opCase.name} ${name}: ${readFileSync(join(folder, `${name}.error`), 'utf8').slice(0, 200)}`)
        }
      }
      expect(wrong).toEqual([])
    },
    120_000,
  )
})

/** Kinds that are refused for some cases only: bits of integers, bf16, and positions that are not constant. */
const refusedForSome: readonly string[] = ['and', 'convert', 'gather_rows', 'not', 'or', 'xor']
