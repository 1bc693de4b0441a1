/**
 * Bytes of one replica that are alive while each op of a graph runs. Ops run in graph order, `fusion.ts` decides which values are
 * in memory, and buffers are shared like in XLA's buffer assignment:
 *
 * - inputs stay alive for the whole run; a donated input passes its memory to its output after its last read;
 * - a barrier and a reshape are views of their operand;
 * - an update of a part or of rows, a loop's carried value and an all-reduce write into their operand's buffer unless the old
 *   contents are read later; so does an elementwise op into an operand of the same type;
 * - a loop needs the peak of its body in addition to its carried values.
 */
import { need } from '../../grammar/diagnostic.ts'
import type { CostClass } from './cost-rules.ts'
import { byteSize, sameShape } from './dtype.ts'
import { type Fusion, fuse, isView } from './fusion.ts'
import type { Donation, Graph, Op, OpOf, Phase, Value } from './graph.ts'
import { lastUses } from './last-uses.ts'

/** Bytes at the peak, grouped by origin. */
export interface PeakPart {
  readonly phase: Phase
  readonly class: CostClass
  readonly bytes: number
}

export interface Liveness {
  /** The maximum number of bytes alive at once, including the inputs. */
  readonly peak: number
  /** The op at the peak; `undefined` for a graph of inputs only. */
  readonly peakAt: Op | undefined
  /** Bytes of the inputs, which stay alive. */
  readonly inputs: number
  /** Bytes alive while op i of the graph runs, including the inputs. */
  readonly timeline: readonly number[]
  /** The peak without the inputs, by phase and class of the defining op, largest first. */
  readonly atPeak: readonly PeakPart[]
}

interface Buffer {
  readonly bytes: number
  /** The op that produced it. */
  readonly op: Op
  /** Alive while the ops [from, to] run. */
  readonly from: number
  to: number
  /** May be overwritten: not an input, or a donated one. */
  readonly writable: boolean
}

/** What a compiler keeps in memory besides what the graph needs. */
export interface KeptMemory {
  /** Values that are stored. */
  readonly stored?: (graph: Graph) => ReadonlySet<Value>
  /** Bytes that an op needs while it runs. */
  readonly workspaceOf?: (op: Op) => number
  /** Bytes of a stored value, if they are not those of its type. */
  readonly bytesOf?: (value: Value) => number
}

export function liveness(graph: Graph, donated: Donation = new Map(), kept: KeptMemory = {}): Liveness {
  const fusion = fuse(graph, kept.stored?.(graph))
  const { bytesOf = (value) => byteSize(value.type) } = kept
  const outputs = graph.outputs.map((output) => output.value)
  const lastUse = lastUses(graph.ops, outputs, (value) => !fusion.stored.has(value))
  const given = new Set(donated.values())
  const bufferOf = new Map<Value, Buffer>()
  const buffers: Buffer[] = []
  graph.ops.forEach((op, at) => {
    op.results.forEach((value, i) => {
      if (!fusion.stored.has(value)) return
      const last = lastUse.get(value) ?? at
      let buffer = sharedBuffer(op, i, at, fusion, bufferOf)
      if (buffer === undefined) {
        const writable = op.kind !== 'input' || given.has(op.params.index)
        buffer = { bytes: bytesOf(value), op, from: at, to: last, writable }
        buffers.push(buffer)
      }
      buffer.to = Math.max(buffer.to, last)
      bufferOf.set(value, buffer)
    })
  })
  const lent = lendInputs(graph, donated, bufferOf, fusion)
  const temporary = buffers.filter((buffer) => buffer.op.kind !== 'input')
  return summarize(graph, temporary, lent, { fusion, kept })
}

/** The operand buffer that result `i` of an op can reuse, if any. */
function sharedBuffer(
  op: Op,
  i: number,
  at: number,
  fusion: Fusion,
  bufferOf: ReadonlyMap<Value, Buffer>,
): Buffer | undefined {
  if (isView(op, fusion)) {
    const operand = need(op.operands[i], 'the operand of a view')
    // A kernel may compute what the graph has as another shape of a smaller tensor.
    if (byteSize(operand.type) === byteSize(need(op.results[i], 'a result').type)) return bufferOf.get(operand)
  }
  const free = (value: Value | undefined) => {
    const buffer = value === undefined ? undefined : bufferOf.get(value)
    return buffer?.writable === true && buffer.to <= at ? buffer : undefined
  }
  if (op.kind === 'for_loop') {
    const given = op.operands[op.params.invariants + i]
    return passesThrough(op, i) && given !== undefined ? bufferOf.get(given) : free(given)
  }
  if (op.kind === 'dynamic_update_slice' || op.kind === 'scatter_rows') return free(op.operands[0])
  if (op.kind === 'all_reduce') return free(op.operands[i])
  if (fusion.ruleOf(op).class !== 'elementwise') return undefined
  const { type } = need(op.results[i], 'a result')
  for (const value of fusion.readsOf(op).keys()) {
    const same = value.type.dtype === type.dtype && sameShape(value.type.shape, type.shape)
    const buffer = same ? free(value) : undefined
    if (buffer !== undefined) return buffer
  }
  return undefined
}

/** Whether a loop returns its carried value `i` unchanged. */
function passesThrough(op: OpOf<'for_loop'>, i: number): boolean {
  const [body] = op.regions
  return body !== undefined && body.outputs[i]?.value === body.inputs[1 + op.params.invariants + i]
}

/**
 * When each buffer of a donated output moves into its input's memory: the index from which it needs no memory of its own. New
 * weights and new optimizer states that are computed from the same tensors come out of one loop, so a sibling that still reads
 * the input does not count.
 */
function lendInputs(
  graph: Graph,
  donated: Donation,
  bufferOf: ReadonlyMap<Value, Buffer>,
  fusion: Fusion,
): ReadonlyMap<Buffer, number> {
  const readers = readersOf(new Set(graph.inputs), graph, fusion)
  const lent = new Map<Buffer, number>()
  for (const [output, input] of donated) {
    const value = need(graph.inputs[input], `input ${input}`)
    const own = bufferOf.get(value)
    const buffer = bufferOf.get(need(graph.outputs[output], `output ${output}`).value)
    if (own === undefined || buffer === undefined || own === buffer || own.bytes !== buffer.bytes) continue
    const later = (readers.get(value) ?? []).filter((at) => at > buffer.from)
    const siblings = later.every((at) => isSibling(graph.ops[at], buffer.op, fusion))
    // While another op still reads the input, the output needs its own memory.
    lent.set(buffer, siblings ? buffer.from : own.to + 1)
  }
  return lent
}

/** Indices of the ops that read values from memory. */
function readersOf(values: ReadonlySet<Value>, graph: Graph, fusion: Fusion): ReadonlyMap<Value, readonly number[]> {
  const readers = new Map<Value, number[]>()
  graph.ops.forEach((op, at) => {
    if (!op.results.some((value) => fusion.stored.has(value))) return
    for (const value of fusion.readsOf(op).keys()) {
      if (!values.has(value)) continue
      const known = readers.get(value)
      if (known === undefined) readers.set(value, [at])
      else known.push(at)
    }
  })
  return readers
}

/** Whether one loop can compute both: elementwise, with the same shape. */
function isSibling(op: Op | undefined, other: Op, fusion: Fusion): boolean {
  const [a, b] = [op?.results[0], other.results[0]]
  if (op === undefined || a === undefined || b === undefined) return false
  return fusion.ruleOf(op).class === 'elementwise' && sameShape(a.type.shape, b.type.shape)
}

/** The memory of a loop's body in addition to its arguments and carried values. */
function bodyLiveness(op: Op, kept: KeptMemory): Liveness | undefined {
  if (op.kind !== 'for_loop') return undefined
  const [body] = op.regions
  if (body === undefined) return undefined
  const { invariants } = op.params
  return liveness(body, new Map(body.outputs.map((_, i) => [i, 1 + invariants + i])), kept)
}

function summarize(
  graph: Graph,
  temporary: readonly Buffer[],
  lent: ReadonlyMap<Buffer, number>,
  { fusion, kept }: { readonly fusion: Fusion; readonly kept: KeptMemory },
): Liveness {
  const { workspaceOf = () => 0 } = kept
  const inputs = graph.inputs.reduce((sum, value) => sum + byteSize(value.type), 0)
  const bodies = graph.ops.map((op) => bodyLiveness(op, kept))
  const until = (buffer: Buffer) => Math.min(buffer.to, graph.ops.length - 1, (lent.get(buffer) ?? Infinity) - 1)
  const change = new Array<number>(graph.ops.length + 1).fill(0)
  for (const buffer of temporary) {
    const end = until(buffer)
    if (end < buffer.from) continue
    change[buffer.from] = (change[buffer.from] ?? 0) + buffer.bytes
    change[end + 1] = (change[end + 1] ?? 0) - buffer.bytes
  }
  let alive = inputs
  const timeline = graph.ops.map((op, at) => {
    alive += change[at] ?? 0
    const body = bodies[at]
    return alive + workspaceOf(op) + (body === undefined ? 0 : body.peak - body.inputs)
  })
  const peak = timeline.reduce((most, bytes) => Math.max(most, bytes), inputs)
  const at = timeline.indexOf(peak)
  const parts = temporary
    .filter((buffer) => buffer.from <= at && at <= until(buffer))
    .map(({ op, bytes }) => ({ phase: op.origin.phase, class: fusion.ruleOf(op).class, bytes }))
  const peakAt = graph.ops[at]
  const workspace = peakAt === undefined ? 0 : workspaceOf(peakAt)
  if (peakAt !== undefined && workspace > 0)
    parts.push({ phase: peakAt.origin.phase, class: fusion.ruleOf(peakAt).class, bytes: workspace })
  return {
    peak,
    peakAt,
    inputs,
    timeline,
    atPeak: grouped([...parts, ...(bodies[at]?.atPeak ?? [])]),
  }
}

function grouped(parts: readonly PeakPart[]): PeakPart[] {
  const sums = new Map<string, PeakPart>()
  for (const part of parts) {
    const key = `${part.phase} ${part.class}`
    sums.set(key, { ...part, bytes: part.bytes + (sums.get(key)?.bytes ?? 0) })
  }
  return [...sums.values()].sort((a, b) => b.bytes - a.bytes)
}
