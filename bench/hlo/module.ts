/** Reads the text of an optimized HLO module, as XLA dumps it: computations, their instructions, the shapes. */
import { bug } from '../../grammar/diagnostic.ts'

export interface ArrayShape {
  readonly kind: 'array'
  /** `f16`, `s32`, `pred`; `token` and `opaque` have no bytes. */
  readonly dtype: string
  readonly dims: readonly number[]
  readonly bytes: number
}
export type Shape = ArrayShape | { readonly kind: 'tuple'; readonly elements: readonly Shape[] }

/** A value that an instruction reads: another's whole result, or one element of it. */
export interface Operand {
  readonly name: string
  readonly element: number | undefined
}

export interface Instruction {
  readonly name: string
  readonly opcode: string
  readonly shape: Shape
  readonly operands: readonly Operand[]
  /** The text between the operands' parentheses, for `parameter(3)`. */
  readonly inside: string
  /** The text after the operands. */
  readonly attributes: string
}

export interface Computation {
  readonly name: string
  /** In textual order, which is the schedule's order. */
  readonly instructions: readonly Instruction[]
  readonly root: Instruction
  readonly byName: ReadonlyMap<string, Instruction>
}

export interface HloModule {
  readonly computations: ReadonlyMap<string, Computation>
  readonly entry: Computation
}

/** `f8e4m3fn`, `bf16`, `s4`: the digits after the letters are bits. */
function bitsOf(dtype: string): number {
  if (dtype === 'pred') return 8
  if (dtype === 'token' || dtype === 'opaque') return 0
  const found = /^(?:bf|f|s|u|c)(\d+)/.exec(dtype)
  return found === null ? bug(`an element type ${dtype} in HLO`) : Number(found[1])
}

const arrayPattern = /([a-z][a-z0-9]*)\[([\d,<=]*)\](?:\{[^}]*\})?/y

/** The shape at a position of a line, and where it ends. */
export function readShape(line: string, start: number): { readonly shape: Shape; readonly end: number } {
  if (line[start] === '(') {
    const elements: Shape[] = []
    let at = skipSpace(line, start + 1)
    while (line[at] !== ')') {
      const { shape, end } = readShape(line, at)
      elements.push(shape)
      at = skipSpace(line, end)
    }
    return { shape: { kind: 'tuple', elements }, end: at + 1 }
  }
  arrayPattern.lastIndex = start
  const [text, dtype = '', list = ''] =
    arrayPattern.exec(line) ?? bug(`no shape in HLO at: ${line.slice(start, start + 80)}`)
  const dims = list === '' ? [] : list.split(',').map((dim) => Number(dim.replace('<=', '')))
  const bytes = Math.ceil((dims.reduce((size, dim) => size * dim, 1) * bitsOf(dtype)) / 8)
  return { shape: { kind: 'array', dtype, dims, bytes }, end: start + text.length }
}

/** Skips spaces, commas and the comments that number a long tuple's elements. */
function skipSpace(line: string, start: number): number {
  const rest = /(?:[\s,]|\/\*.*?\*\/)*/y
  rest.lastIndex = start
  return start + (rest.exec(line)?.[0].length ?? 0)
}

/** The position of the parenthesis that closes the one at `start`. */
function closing(line: string, start: number): number {
  let depth = 0
  for (let at = start; at < line.length; at++) {
    const character = line[at]
    if (character === '(') depth++
    else if (character === ')' && --depth === 0) return at
  }
  return bug(`an open parenthesis in HLO: ${line.slice(0, 80)}`)
}

const opening = /^\s+(ROOT )?%?([^\s=]+) = /
const operandPattern = /%([^\s,()#]+)(?:#(\d+))?/g

function readInstruction(line: string): { readonly instruction: Instruction; readonly isRoot: boolean } | undefined {
  const found = opening.exec(line)
  if (found === null) return undefined
  const { shape, end } = readShape(line, found[0].length)
  const open = line.indexOf('(', end)
  const close = closing(line, open)
  const inside = line.slice(open + 1, close)
  const opcode = line.slice(end, open).trim()
  const operands = opcode === 'constant' ? [] : Array.from(inside.matchAll(operandPattern), readOperand)
  const attributes = line.slice(close + 1)
  const name = found[2] ?? bug('an instruction without a name')
  return { instruction: { name, opcode, shape, operands, inside, attributes }, isRoot: found[1] !== undefined }
}

function readOperand([, name = '', element]: RegExpExecArray): Operand {
  return { name, element: element === undefined ? undefined : Number(element) }
}

const header = /^(ENTRY )?%?([^\s(]+) .*\{$/

/** Reads a module. Text without an ENTRY computation is a bug. */
export function readModule(text: string): HloModule {
  const computations = new Map<string, Computation>()
  let entry: Computation | undefined
  let open: { readonly name: string; readonly isEntry: boolean } | undefined
  let instructions: Instruction[] = []
  let root: Instruction | undefined
  for (const line of text.split('\n')) {
    if (open === undefined) {
      const found = line.startsWith('HloModule') ? null : header.exec(line)
      if (found !== null) open = { name: found[2] ?? '', isEntry: found[1] !== undefined }
      continue
    }
    if (line.startsWith('}')) {
      const last = root ?? instructions.at(-1) ?? bug(`an empty computation ${open.name}`)
      const byName = new Map(instructions.map((instruction) => [instruction.name, instruction]))
      const computation: Computation = { name: open.name, instructions, root: last, byName }
      computations.set(open.name, computation)
      if (open.isEntry) entry = computation
      open = undefined
      instructions = []
      root = undefined
      continue
    }
    const read = readInstruction(line)
    if (read === undefined) continue
    instructions.push(read.instruction)
    if (read.isRoot) root = read.instruction
  }
  return { computations, entry: entry ?? bug('HLO text without an ENTRY computation') }
}

/** The arrays of a shape, with tuples flattened. */
export function arraysOf(shape: Shape): readonly ArrayShape[] {
  return shape.kind === 'array' ? [shape] : shape.elements.flatMap(arraysOf)
}

export function bytesOf(shape: Shape): number {
  return arraysOf(shape).reduce((sum, { bytes }) => sum + bytes, 0)
}

/** The shape of a value inside a computation. */
export function operandShape(computation: Computation, operand: Operand): Shape {
  const { shape } =
    computation.byName.get(operand.name) ?? bug(`HLO names ${operand.name}, which ${computation.name} lacks`)
  if (operand.element === undefined) return shape
  const element = shape.kind === 'tuple' ? shape.elements[operand.element] : undefined
  return element ?? bug(`no element ${operand.element} in ${operand.name}`)
}

/** The computation that an attribute (`calls`, `body`, `condition`) names. */
export function calledBy(module: HloModule, { attributes, name }: Instruction, attribute: string): Computation {
  const found = new RegExp(`\\b${attribute}=%?([^\\s,}]+)`).exec(attributes)?.[1]
  const computation = found === undefined ? undefined : module.computations.get(found)
  return computation ?? bug(`HLO's ${name} has no ${attribute}`)
}

/** The place in the graph that an instruction comes from: `layers.3.bn1`; empty if XLA does not report it. */
export function sourceOf({ attributes }: Instruction): string {
  return /op_name="([^"]*)"/.exec(attributes)?.[1] ?? ''
}
