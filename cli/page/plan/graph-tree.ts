/**
 * The graph of a step as a tree: phases, the modules of the network in them, and the ops of each. Modules that are built alike, such as
 * the blocks of a ResNet's stage, are one node with their number, so that the page of a large network stays small.
 */
import { opCosts } from '../../../compiler/ir/cost.ts'
import { showType } from '../../../compiler/ir/dtype.ts'
import type { Graph, Op, Phase } from '../../../compiler/ir/graph.ts'
import type { MachineRates } from '../../../compiler/plan/time.ts'
import { formatBytes, formatCompact, formatCount, formatQuantity, formatSeconds, plural } from '../../render/format.ts'
import { type Child, element, type Html, joined, paragraph } from '../html.ts'
import { dataTable, treeTools } from '../parts.ts'

/** Sums over ops. */
interface Sums {
  ops: number
  flops: number
  bytes: number
  seconds: number
}

/** Ops of one kind with the same types. */
interface OpRow extends Sums {
  readonly kind: string
  readonly types: string
}

interface Node extends Sums {
  readonly name: string
  readonly rows: Map<string, OpRow>
  readonly children: Map<string, Node>
}

const phases: readonly { readonly phase: Phase; readonly title: string }[] = [
  { phase: 'forward', title: 'forward: images to embeddings' },
  { phase: 'head', title: 'head: margin softmax over the centers' },
  { phase: 'backward', title: 'backward: gradients of the network' },
  { phase: 'update', title: 'update: optimizer' },
]

const nothing = (): Sums => ({ ops: 0, flops: 0, bytes: 0, seconds: 0 })

function node(name: string): Node {
  return { name, rows: new Map(), children: new Map(), ...nothing() }
}

function add(to: Sums, from: Sums): void {
  to.ops += from.ops
  to.flops += from.flops
  to.bytes += from.bytes
  to.seconds += from.seconds
}

const typesOf = (op: Op) =>
  [op.operands, op.results].map((values) => values.map(({ type }) => showType(type)).join(', ')).join(' → ')

/** Operands of an op that are listed; a concatenation can have hundreds. */
const mostTypes = 160

/** The trees of the phases that a graph has. */
function treesOf(graph: Graph, rates: MachineRates): ReadonlyMap<Phase, Node> {
  const trees = new Map<Phase, Node>()
  for (const cost of opCosts(graph)) {
    const { op, times } = cost
    if (op.kind === 'input') continue
    const seconds = cost.class === 'collective' ? rates.links.of(cost) : rates.device.of(cost, times > 1).seconds
    const own: Sums = {
      ops: 1,
      flops: cost.flops * times,
      bytes: (cost.bytesRead + cost.bytesWritten) * times,
      seconds: (op.kind === 'for_loop' ? 0 : seconds) * times,
    }
    const { phase, path } = op.origin
    let at = trees.get(phase) ?? node(phase)
    trees.set(phase, at)
    add(at, own)
    for (const name of path === '' ? ['(outside of modules)'] : path.split('.')) {
      const child = at.children.get(name) ?? node(name)
      at.children.set(name, child)
      at = child
      add(at, own)
    }
    const types = typesOf(op)
    const shown = types.length > mostTypes ? `${types.slice(0, mostTypes)}…` : types
    const key = `${op.kind} ${shown}`
    const row = at.rows.get(key) ?? { kind: op.kind, types: shown, ...nothing() }
    at.rows.set(key, row)
    add(row, own)
  }
  return trees
}

/** Equal for nodes with the same ops and the same modules, whatever their own names are. */
function signature({ rows, children }: Node): string {
  const own = [...rows].map(([key, { ops }]) => `${ops}${key}`)
  const inside = [...children].map(([name, child]) => `${name}{${signature(child)}}`)
  return `${own.join(';')}|${inside.join(';')}`
}

interface Alike {
  readonly first: Node
  names: string[]
}

/** The children of a node in order, neighbours that are built alike together. */
function grouped({ children }: Node): readonly Alike[] {
  const groups: (Alike & { readonly key: string })[] = []
  for (const child of children.values()) {
    const key = signature(child)
    const last = groups.at(-1)
    if (last?.key === key) last.names.push(child.name)
    else groups.push({ first: child, names: [child.name], key })
  }
  return groups
}

function sumsText(sums: Sums, times: number): Html {
  const facts = [
    plural(sums.ops, 'op'),
    ...(sums.flops > 0 ? [formatQuantity(sums.flops, 'FLOP')] : []),
    ...(sums.bytes > 0 ? [formatBytes(sums.bytes)] : []),
    ...(sums.seconds > 0 ? [formatSeconds(sums.seconds)] : []),
  ]
  const each = times === 1 ? '' : ' each'
  return element('span', { class: 'quiet' }, facts.join(', ') + each)
}

function opTable(name: string, { rows }: Node): Child {
  if (rows.size === 0) return undefined
  return dataTable({
    caption: `Ops of ${name}`,
    columns: [
      { title: 'op', kind: 'head' },
      { title: 'operands → results', kind: 'wide' },
      { title: 'times', kind: 'number' },
      { title: 'FLOPs', kind: 'number' },
      { title: 'bytes moved', kind: 'number' },
      { title: 'time', kind: 'number' },
    ],
    rows: [...rows.values()].map(({ kind, types, ops, flops, bytes, seconds }) => [
      kind,
      types,
      formatCount(ops),
      flops === 0 ? '' : formatCompact(flops, 3),
      bytes === 0 ? 'fused' : formatBytes(bytes),
      seconds === 0 ? '' : formatSeconds(seconds),
    ]),
  })
}

/** `layer3.1 … layer3.29`, three names at most. */
function nameOf(prefix: string, { names }: Alike): string {
  const full = names.map((name) => (prefix === '' ? name : `${prefix}.${name}`))
  return full.length <= 2 ? full.join(', ') : `${full[0]} … ${full.at(-1)}`
}

function moduleNode(prefix: string, alike: Alike): Html {
  const { first, names } = alike
  const name = nameOf(prefix, alike)
  const inner = names.length === 1 ? (prefix === '' ? first.name : `${prefix}.${first.name}`) : '…'
  const summary = element(
    'span',
    { class: 'node' },
    element('span', { class: 'name' }, name),
    names.length > 1 ? element('span', { class: 'badge' }, `${formatCount(names.length)} alike`) : undefined,
    sumsText(first, names.length),
  )
  return element(
    'details',
    {},
    element('summary', {}, summary),
    element(
      'div',
      { class: 'inner' },
      opTable(name, first),
      grouped(first).map((child) => moduleNode(inner, child)),
    ),
  )
}

/** The id of the tree on the page. */
const treeId = 'graph-tree'

/** The tree of a graph, with tools to open all of it and to search in it. */
export function graphBody(graph: Graph, rates: MachineRates): Child {
  const trees = treesOf(graph, rates)
  const total = nothing()
  for (const tree of trees.values()) add(total, tree)
  const shown = [
    ...phases,
    ...[...trees.keys()]
      .filter((phase) => !phases.some((known) => known.phase === phase))
      .map((phase) => ({ phase, title: phase })),
  ]
  return joined(
    paragraph(
      `${plural(total.ops, 'op')} on each device, those of loops included; ${formatQuantity(total.flops, 'FLOP')}, ${formatBytes(total.bytes)} read and written. Ops that are fused into their readers move no bytes. Times are those of the plan, without waiting.`,
    ),
    treeTools(treeId, 'Search modules'),
    element(
      'div',
      { id: treeId },
      shown.flatMap(({ phase, title }) => {
        const tree = trees.get(phase)
        if (tree === undefined) return []
        const summary = element('span', { class: 'node' }, element('span', { class: 'name' }, title), sumsText(tree, 1))
        return element(
          'details',
          {},
          element('summary', {}, summary),
          element(
            'div',
            { class: 'inner' },
            grouped(tree).map((child) => moduleNode('', child)),
          ),
        )
      }),
    ),
  )
}
