/**
 * The single function through which every StableHLO op is emitted, in MLIR's generic form
 * (github.com/openxla/stablehlo/blob/v1.13.0/docs/spec.md). Attributes are sorted and names are numbered in order, so the text of
 * a graph is deterministic.
 */
import { bug, need } from '../../grammar/diagnostic.ts'
import type { DeviceKind } from '../ir/device-kind.ts'
import type { TensorType } from '../ir/dtype.ts'
import type { Op } from '../ir/graph.ts'
import { type CallOrder, createCallOrder } from './call-order.ts'
import type { NativeKernels } from './native-kernels.ts'
import { tensorType } from './spelling.ts'

/** The platform that a program is emitted for. */
export type Platform = DeviceKind

/** Pairs of f32 as one number: only in programs, never in graphs. */
export interface ComplexType {
  readonly dtype: 'c64'
  readonly shape: readonly number[]
}

/** The types that occur in program text. */
export type TextType = TensorType | ComplexType

/** A value of the program text, of any type. */
export interface Named<T extends TextType = TextType> {
  /** `%12`, `%12#1`, `%arg0` */
  readonly name: string
  readonly type: T
}

/** A value with a type that graphs have. */
export type Ssa = Named<TensorType>

/** The name of the location for code emitted for an op, `#3`; undefined if there is none. */
type LocationOf = (op: Op) => string | undefined

/** Attribute name → its spelling. */
type Attributes = Readonly<Record<string, string>>

/** A region's text, one block. */
export type Region = readonly string[]

/** Where the collectives of a program over several processes are, while it is emitted (`across-processes.ts`). */
export interface AcrossProcesses {
  /** The device's number, as the last collective gave it; `undefined` before the first one. */
  device: Ssa | undefined
  /** Collectives so far. */
  count: number
}

export interface Emitter {
  readonly platform: Platform
  /** arcc's own kernels that the program may call; `undefined` if there are none. */
  readonly native: NativeKernels | undefined
  /** Whether products and convolutions of the backward pass are kept in the order of the graph. */
  readonly ordersCalls: boolean
  readonly replicas: number
  /** The order of collectives where the replicas are in several processes; `undefined` if XLA's own reach all replicas. */
  readonly across: AcrossProcesses | undefined
  /** The order of products and convolutions. */
  readonly order: CallOrder<Ssa>
  /** Emits an op and returns its results. */
  op<T extends TextType>(
    name: string,
    operands: readonly Named[],
    results: readonly T[],
    attributes?: Attributes,
    regions?: readonly Region[],
  ): readonly Named<T>[]
  /** A region with one block, which returns the result of `body`. */
  region<T extends TextType>(inputs: readonly T[], body: (inputs: readonly Named<T>[]) => readonly Named[]): Region
  /** The ops that follow come from this op of the graph. */
  locate(origin: Op): void
  /** The lines emitted so far. */
  readonly lines: readonly string[]
}

function writeAttributes(attributes: Attributes): string {
  const names = Object.keys(attributes).sort()
  return names.length === 0 ? '' : ` <{${names.map((name) => `${name} = ${attributes[name]}`).join(', ')}}>`
}

function typeList(types: readonly TextType[]): string {
  const text = types.map(tensorType).join(', ')
  return types.length === 1 ? text : `(${text})`
}

/** An emitter for the body of one function. */
export function createEmitter(
  { platform, native, ordersCalls, across }: Pick<Emitter, 'platform' | 'native' | 'ordersCalls' | 'across'>,
  replicas: number,
  locationOf: LocationOf = () => undefined,
): Emitter {
  let lines: string[] = []
  let nextName = 0
  let nextArgument = 0
  let location = ''
  const order = createCallOrder<Ssa>(ordersCalls, native === undefined)

  function write<T extends TextType>(
    name: string,
    operands: readonly Named[],
    results: readonly T[],
    attributes: Attributes,
    regions: readonly Region[],
  ): readonly Named<T>[] {
    const id = results.length === 0 ? '' : `%${nextName++}`
    const count = results.length > 1 ? `:${results.length}` : ''
    const head = `${id === '' ? '' : `${id}${count} = `}"${name}"(${operands.map((o) => o.name).join(', ')})`
    const type = `(${operands.map((o) => tensorType(o.type)).join(', ')}) -> ${typeList(results)}`
    const attributeText = writeAttributes(attributes)
    if (regions.length === 0) {
      lines.push(`${head}${attributeText} : ${type}${location}`)
    } else {
      lines.push(`${head}${attributeText} ({`)
      regions.forEach((region, i) => {
        if (i > 0) lines.push('}, {')
        lines.push(...region.map((line) => `  ${line}`))
      })
      lines.push(`}) : ${type}${location}`)
    }
    if (results.length === 1) return [{ name: id, type: need(results[0], 'a result type') }]
    return results.map((resultType, i) => ({ name: `${id}#${i}`, type: resultType }))
  }

  return {
    platform,
    native,
    ordersCalls,
    replicas,
    across,
    order,
    op: (name, operands, results, attributes = {}, regions = []) => write(name, operands, results, attributes, regions),
    region(inputs, body) {
      const outer = lines
      lines = []
      const args = inputs.map((type) => ({ name: `%r${nextArgument++}`, type }))
      const header = `^bb0(${args.map((a) => `${a.name}: ${tensorType(a.type)}`).join(', ')}):`
      const results = order.inside(() => body(args))
      write('stablehlo.return', results, [], {}, [])
      const region = [header, ...lines]
      lines = outer
      return region
    },
    locate(origin) {
      const name = locationOf(origin)
      location = name === undefined ? '' : ` loc(${name})`
    },
    get lines() {
      return lines
    },
  }
}

/** The only element of a list of results. */
export function only<T extends TextType>(values: readonly Named<T>[]): Named<T> {
  if (values.length !== 1) bug(`one result expected, ${values.length} found`)
  return need(values[0], 'a result')
}
