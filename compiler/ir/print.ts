/**
 * Graphs as text, for reading and for tests. Values are numbered in textual order, so the text depends only on the graph, not on
 * how it was built. Parameters that follow from the result type are omitted.
 */
import { showPlace } from '../../grammar/source.ts'
import { type DType, showType } from './dtype.ts'
import type { Graph, Op, Value } from './graph.ts'
import { bf16Value, f16Value } from './half-float.ts'
import type { ConstantData } from './op.ts'

export interface PrintOptions {
  /** Appends path, phase and place to each line. */
  readonly locations?: boolean
}

/** Number of elements shown of dense data. */
const shownElements = 8

/** The graph, one op per line; loop bodies are indented. */
export function printGraph(graph: Graph, options: PrintOptions = {}): string {
  const replicas = graph.replicas === 1 ? '' : `, ${graph.replicas} replicas`
  return [`graph ${graph.name}${replicas}`, ...bodyLines(graph, options).map((line) => `  ${line}`), ''].join('\n')
}

/** `%0`, `%1` … for the values of a graph, in the order of its ops. */
export function valueNames(graph: Graph): ReadonlyMap<Value, string> {
  const names = new Map<Value, string>()
  for (const op of graph.ops) for (const value of op.results) names.set(value, `%${names.size}`)
  return names
}

function bodyLines(graph: Graph, options: PrintOptions): string[] {
  const names = valueNames(graph)
  const name = (value: Value) => names.get(value) ?? '%?'
  const inputs = graph.inputs.map((value) => {
    const label = value.op.kind === 'input' ? value.op.params.name : '?'
    return `${name(value)} = ${label} : ${showType(value.type)}`
  })
  const lines = graph.ops.filter((op) => op.kind !== 'input').flatMap((op) => opLines(op, name, options))
  const outputs = graph.outputs.map(
    (output) => `${output.name} = ${name(output.value)} : ${showType(output.value.type)}`,
  )
  return [...section('inputs', inputs), ...section('ops', lines), ...section('outputs', outputs)]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
}

function opLines(op: Op, name: (value: Value) => string, options: PrintOptions): string[] {
  const results = op.results.map(name).join(', ')
  const types = op.results.map((value) => showType(value.type)).join(', ')
  const bodies = op.regions.flatMap((region) => bodyLines(region, options).map((line) => `  ${line}`))
  const head = results === '' ? '' : `${results} = `
  return [`${head}${showCall(op, name)} : ${types}${options.locations ? showOrigin(op) : ''}`, ...bodies]
}

/** `conv2d(%1, %2) {stride=[1,1], …}` */
export function showCall(op: Op, name: (value: Value) => string): string {
  const params = showParams(op)
  return `${op.kind}(${op.operands.map(name).join(', ')})${params === '' ? '' : ` {${params}}`}`
}

function showOrigin(op: Op): string {
  const { path, phase, span } = op.origin
  const words = [path, phase, span === undefined ? '' : showPlace(span)].filter((word) => word !== '')
  return `  // ${words.join(' ')}`
}

/** Parameters that follow from the type. */
const impliedParams = new Set(['dtype', 'shape', 'inputShape', 'filterShape'])

function showParams(op: Op): string {
  const dtype = op.results[0]?.type.dtype ?? 'f32'
  return Object.entries(op.params)
    .filter(([key]) => !impliedParams.has(key))
    .map(([key, value]) => `${key}=${showParam(value, dtype)}`)
    .join(', ')
}

function showParam(value: unknown, dtype: DType): string {
  if (Array.isArray(value)) return `[${value.map((v) => showParam(v, dtype)).join(',')}]`
  if (ArrayBuffer.isView(value)) return showData(value as ConstantData, dtype)
  return Object.is(value, -0) ? '-0' : String(value)
}

function showData(data: ConstantData, dtype: DType): string {
  const decode = dtype === 'f16' ? f16Value : dtype === 'bf16' ? bf16Value : (x: number) => x
  const shown = Array.from(data.subarray(0, shownElements), (x) => String(decode(x)))
  if (data.length > shownElements) shown.push(`… ${data.length}`)
  return `[${shown.join(',')}]`
}
