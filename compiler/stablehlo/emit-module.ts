/**
 * Graph → StableHLO module: one public function `main`, whose arguments and results are the graph's, in the same order. Donation
 * is the attribute `tf.aliasing_output` of arguments; the number of replicas is set in the compile options.
 */
import { bug } from '../../grammar/diagnostic.ts'
import { positionAt } from '../../grammar/source.ts'
import type { Donation, Graph, Op } from '../ir/graph.ts'
import { recomputes } from '../ir/recompute.ts'
import { emitOps } from './emit-graph.ts'
import { createEmitter, type LocationOf, type Platform, type Ssa } from './emitter.ts'
import type { NativeKernels } from './native-kernels.ts'
import { platformForms } from './platform-forms.ts'
import { quoted, tensorType } from './spelling.ts'

export interface EmitOptions {
  readonly platform: Platform
  /** arcc's own kernels that the program may call; defaults to none. */
  readonly native?: NativeKernels | undefined
  readonly donate?: Donation
  /** Whether ops carry their `.arc` place and block: `loc("layer1.0"("iresnet.arc":12:5))`. */
  readonly locations?: boolean
}

/** Locations by their number; each distinct one is written once, after the module. */
function locationTable(): { readonly of: LocationOf; readonly name: (text: string) => string; lines(): string[] } {
  const numbers = new Map<string, number>()
  const name = (text: string): string => {
    const number = numbers.get(text) ?? numbers.size
    numbers.set(text, number)
    return `#loc${number}`
  }
  return {
    name,
    of: ({ origin }: Op) => {
      const { span, path } = origin
      const place = span && positionAt(span.source, span.start)
      const file = span && place && `${quoted(span.source.path)}:${place.line}:${place.column}`
      if (path === '') return file && name(file)
      return name(file ? `${quoted(path)}(${file})` : quoted(path))
    },
    lines: () => [...numbers].map(([text, number]) => `#loc${number} = loc(${text})`),
  }
}

function moduleName(graph: Graph): string {
  return graph.name.replace(/[^A-Za-z0-9_]/g, '_') || 'main'
}

/** The StableHLO text of a graph. It is deterministic: the same graph and options give the same text. */
export function emitModule(graph: Graph, options: EmitOptions): string {
  const locations = options.locations ? locationTable() : undefined
  const e = createEmitter(
    {
      platform: options.platform,
      native: options.native,
      // What is recomputed has barriers of its own, which order the backward pass.
      ordersCalls: platformForms[options.platform].ordersCalls && !recomputes(graph),
    },
    graph.replicas,
    locations?.of,
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
    const location = locations && name !== '' ? ` loc(${locations.name(quoted(name))})` : ''
    return `%arg${i}: ${tensorType(value.type)}${attributes}${location}`
  })
  const outputs = emitOps(e, graph, inputs)
  const types = outputs.map((output) => tensorType(output.type)).join(', ')
  return [
    `module @${moduleName(graph)} {`,
    `  func.func public @main(${parameters.join(', ')}) -> (${types}) {`,
    ...e.lines.map((line) => `    ${line}`),
    `    "func.return"(${outputs.map((output) => output.name).join(', ')}) : (${types}) -> ()`,
    '  }',
    '}',
    ...(locations?.lines() ?? []),
    '',
  ].join('\n')
}
