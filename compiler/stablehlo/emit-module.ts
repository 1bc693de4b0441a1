/**
 * Graph → StableHLO module: one public function `main`, whose arguments and results are the graph's, in the same order. Donation
 * is the attribute `tf.aliasing_output` of arguments; the number of replicas is set in the compile options.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { positionAt } from '../../grammar/source.ts'
import type { Donation, Graph, Op } from '../ir/graph.ts'
import { recomputes } from '../ir/recompute.ts'
import { emitOps } from './emit-graph.ts'
import { createEmitter, type Platform, type Ssa } from './emitter.ts'
import type { NativeKernels } from './native-kernels.ts'
import { platformForms } from './platform-forms.ts'
import { quoted, tensorType } from './spelling.ts'

export interface EmitOptions {
  readonly platform: Platform
  /** arcc's own kernels that the program may call; defaults to none. */
  readonly native?: NativeKernels | undefined
  readonly donate?: Donation
  /** Whether the replicas are in several processes that arcc's own collectives connect; only on the CPU. */
  readonly acrossProcesses?: boolean
}

/** The text of a module, emitted once. It is deterministic: the same graph and options give the same text. */
export interface ModuleText {
  /** Without locations: moving a block in a file does not change it. */
  readonly text: string
  /** The same; ops carry their `.arc` place and block: `loc("layer1.0"("iresnet.arc":12:5))`. */
  located(): string
}

/** A place that lines of the text come from: an op, or the input of a name. */
type Place = Op | string

/** Names of locations by place; each distinct location is written once, after the module. */
function locationTable() {
  const numbers = new Map<string, number>()
  const name = (text: string): string => {
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return `#loc${number}`
  }
  return {
    /** `undefined` for an op without a path and a span. */
    of(place: Place): string | undefined {
      if (typeof place === 'string') return name(quoted(place))
      const { span, path } = place.origin
      const start = span && positionAt(span.source, span.start)
      const file = span && start && `${quoted(span.source.path)}:${start.line}:${start.column}`
      if (path === '') return file && name(file)
      return name(file ? `${quoted(path)}(${file})` : quoted(path))
    },
    lines: () => [...numbers].map(([text, number]) => `#loc${number} = loc(${text})\n`).join(''),
  }
}

/** Places by the numbers that mark them in the text until it is known whether they are wanted. */
function placeMarks() {
  const numbers = new Map<Place, number>()
  const pattern = / loc\(#(\d+)\)/g
  return {
    mark(place: Place): string {
      const number = numbers.get(place) ?? numbers.size
      numbers.set(place, number)
      return `#${number}`
    },
    without: (text: string): string => text.replace(pattern, ''),
    located(text: string): string {
      const table = locationTable()
      const names = Array.from(numbers.keys(), table.of)
      const found = text.replace(pattern, (_, number) => {
        const name = names[Number(number)]
        return name === undefined ? '' : ` loc(${name})`
      })
      return found + table.lines()
    },
  }
}

function moduleName(graph: Graph): string {
  return graph.name.replace(/[^A-Za-z0-9_]/g, '_') || 'main'
}

/** The StableHLO text of a graph, from which the text with locations can be had without emitting it again. */
export function moduleText(graph: Graph, options: EmitOptions): ModuleText {
  const marks = placeMarks()
  const e = createEmitter(
    {
      platform: options.platform,
      native: options.native,
      // What is recomputed has barriers of its own, which order the backward pass.
      ordersCalls: platformForms[options.platform].ordersCalls && !recomputes(graph),
      across: options.acrossProcesses === true ? { device: undefined, count: 0 } : undefined,
    },
    graph.replicas,
    marks.mark,
  )
  const aliasOf = new Map<number, number>()
  for (const [output, input] of options.donate ?? []) {
    if (aliasOf.has(input)) bug(`input ${input} of ${graph.name} is donated to two outputs`)
    aliasOf.set(input, output)
  }
  const inputs: Ssa[] = graph.inputs.map((value, i) => ({ name: `%arg${i}`, type: value.type }))
  const parameters = graph.inputs.map((value, i) => {
    const alias = aliasOf.get(i)
    const attributes = alias === undefined ? '' : ` {tf.aliasing_output = ${alias} : i32}`
    const name = value.op.kind === 'input' ? value.op.params.name : ''
    const location = name === '' ? '' : ` loc(${marks.mark(name)})`
    return `%arg${i}: ${tensorType(value.type)}${attributes}${location}`
  })
  const outputs = emitOps(e, graph, inputs)
  const types = outputs.map((output) => tensorType(output.type)).join(', ')
  const marked = [
    `module @${moduleName(graph)} {`,
    `  func.func public @main(${parameters.join(', ')}) -> (${types}) {`,
    ...e.lines.map((line) => `    ${line}`),
    `    "func.return"(${outputs.map((output) => output.name).join(', ')}) : (${types}) -> ()`,
    '  }',
    '}',
    '',
  ].join('\n')
  return { text: marks.without(marked), located: () => marks.located(marked) }
}
