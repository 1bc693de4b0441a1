/**
 * The syntax tree: readonly tagged nodes, each with its span. A node that recovery could not read is an `ErrorExpr`, which later
 * phases ignore silently. `docs/language.md` contains the grammar.
 */
import type { SourceFile, Span } from './source.ts'

interface Base {
  readonly span: Span
}

/** A name as written, with its place. */
export interface Ident extends Base {
  readonly kind: 'Ident'
  readonly text: string
}

// ---------------------------------------------------------------- expressions

export type Expr =
  | NumberExpr
  | StringExpr
  | BoolExpr
  | NameExpr
  | ListExpr
  | RangeExpr
  | RecordExpr
  | UnaryExpr
  | BinaryExpr
  | PipeExpr
  | CallExpr
  | MemberExpr
  | IndexExpr
  | IfExpr
  | ForExpr
  | BlockExpr
  | BatchExpr
  | SectionExpr
  | ErrorExpr

/** `64`, `5e-4`, `30 GiB`, `10%`, `0.5 rad`, `150 GB/s`, `128 per device`, `1024 global`. */
export interface NumberExpr extends Base {
  readonly kind: 'Number'
  readonly value: number
  /** False for `1.0` and `1e3`: they are floats even when whole. */
  readonly isInteger: boolean
  /** As written, without extra spaces: `GiB`, `GB/s`, `%`, `per device`. */
  readonly unit: Ident | undefined
}

/** `"layer{stage}.{index}"`: literal texts with expressions between them; `texts` is one longer than `holes`. */
export interface StringExpr extends Base {
  readonly kind: 'String'
  readonly texts: readonly string[]
  readonly holes: readonly Expr[]
}

export interface BoolExpr extends Base {
  readonly kind: 'Bool'
  readonly value: boolean
}

export interface NameExpr extends Base {
  readonly kind: 'Name'
  readonly name: string
}

/** `[a, b]` */
export interface ListExpr extends Base {
  readonly kind: 'List'
  readonly items: readonly Expr[]
}

/** `from..to`, half open. */
export interface RangeExpr extends Base {
  readonly kind: 'Range'
  readonly from: Expr
  readonly to: Expr
}

/** `{ weight = a, velocity = b }` */
export interface RecordExpr extends Base {
  readonly kind: 'Record'
  readonly fields: readonly RecordField[]
}
export interface RecordField extends Base {
  readonly kind: 'RecordField'
  readonly name: Ident
  readonly value: Expr
}

type UnaryOperator = '-' | 'not'
export interface UnaryExpr extends Base {
  readonly kind: 'Unary'
  readonly operator: UnaryOperator
  readonly operand: Expr
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | 'div'
  | 'mod'
  | '**'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | '≈'
  | 'and'
  | 'or'
export interface BinaryExpr extends Base {
  readonly kind: 'Binary'
  readonly operator: BinaryOperator
  readonly left: Expr
  readonly right: Expr
  readonly operatorSpan: Span
}

/** `value |> target`: a call of `target` with `value` as its first argument. */
export interface PipeExpr extends Base {
  readonly kind: 'Pipe'
  readonly value: Expr
  /** A call, or a bare name (`x |> batch_norm`). */
  readonly target: Expr
}

/** `callee(arguments) as scope`; the scope names the parameters created inside the call. A bare name with `as` is a call too. */
export interface CallExpr extends Base {
  readonly kind: 'Call'
  readonly callee: Expr
  readonly arguments: readonly Argument[]
  /** `as conv1` gives a StringExpr without holes; `as "layer{i}"` one with holes. */
  readonly scope: StringExpr | undefined
}
export interface Argument extends Base {
  readonly kind: 'Argument'
  readonly name: Ident | undefined
  readonly value: Expr
}

export interface MemberExpr extends Base {
  readonly kind: 'Member'
  readonly object: Expr
  readonly name: Ident
}

export interface IndexExpr extends Base {
  readonly kind: 'Index'
  readonly object: Expr
  readonly index: Expr
}

/** `if c then a else b` */
export interface IfExpr extends Base {
  readonly kind: 'If'
  readonly condition: Expr
  readonly then: Expr
  readonly otherwise: Expr
}

/**
 * `for i in list { body }` is the list of the bodies' values. `for i in list carry x = start { body }` binds `x` to `start`, then
 * to each body's value; its value is the last one.
 */
export interface ForExpr extends Base {
  readonly kind: 'For'
  readonly variable: Ident
  readonly items: Expr
  readonly carry: { readonly name: Ident; readonly start: Expr } | undefined
  readonly body: BlockExpr
}

/** `{ let a = …  require a > 0  a + 1 }`: bindings, conditions, then a value. */
export interface BlockExpr extends Base {
  readonly kind: 'Block'
  readonly lets: readonly LetDecl[]
  readonly requires: readonly RequireEntry[]
  readonly value: Expr
}

/** `n per device`, `2 * n global`: a computed batch size. A number with its unit is a `NumberExpr`. */
export interface BatchExpr extends Base {
  readonly kind: 'Batch'
  readonly value: Expr
  /** `per device` or `global`; another name after `per` is reported later. */
  readonly unit: Ident
}

/** `train { batch = 128 per device }` as the value of a `let`: entries that experiments share. */
export interface SectionExpr extends Base {
  readonly kind: 'SectionValue'
  readonly name: Ident
  readonly entries: readonly Entry[]
}

/** Text that could not be read and has been reported. */
export interface ErrorExpr extends Base {
  readonly kind: 'Error'
}

// ---------------------------------------------------------------------- types

export type TypeNode = NamedTypeNode | ListTypeNode | OptionalTypeNode

/** `int`, `Image`, `Image(112, 112, 3)`, `Vector(embedding)` */
export interface NamedTypeNode extends Base {
  readonly kind: 'NamedType'
  readonly name: Ident
  readonly arguments: readonly Expr[]
}
/** `[int]` */
interface ListTypeNode extends Base {
  readonly kind: 'ListType'
  readonly element: TypeNode
}
/** `int?` */
interface OptionalTypeNode extends Base {
  readonly kind: 'OptionalType'
  readonly inner: TypeNode
}

// --------------------------------------------------------------- declarations

export type Declaration = UseDecl | LetDecl | FunctionDecl | ObjectDecl | TestDecl

/** `use std.backbones: r50, r100 as big`, `use std.backbones` for all of its names, or `use ..nets as nets` for `nets.name`. */
export interface UseDecl extends Base {
  readonly kind: 'Use'
  /** The number of folders that the path starts above that of the importing file: of `..` before it. */
  readonly up: number
  /** Empty if the module is named as a file. */
  readonly path: readonly Ident[]
  /** `"pfc0.1.arc"`: the path relative to the folder of the importing file. It has no holes. */
  readonly file: StringExpr | undefined
  /** `as nets`: the module's names are `nets.name`. */
  readonly prefix: Ident | undefined
  readonly names: readonly UsedName[] | undefined
}
/** `r100 as big` */
export interface UsedName extends Base {
  readonly kind: 'UsedName'
  readonly name: Ident
  readonly alias: Ident | undefined
}

/** `let name: type = value`; also a statement of a block. */
export interface LetDecl extends Base {
  readonly kind: 'Let'
  readonly doc: string | undefined
  readonly name: Ident
  readonly type: TypeNode | undefined
  readonly value: Expr
}

export interface Parameter extends Base {
  readonly kind: 'Parameter'
  readonly name: Ident
  readonly type: TypeNode | undefined
  readonly default: Expr | undefined
}

/** `fn`, `block` and `backbone`. `extern fn`s have no body: they are the primitive operations of TypeScript. */
export interface FunctionDecl extends Base {
  readonly kind: 'Function'
  readonly keyword: 'fn' | 'block' | 'backbone'
  readonly doc: string | undefined
  readonly name: Ident
  readonly parameters: readonly Parameter[]
  /** A backbone's `on input: Image(112, 112, 3)`; its name defaults to `input`. */
  readonly input: Parameter | undefined
  readonly result: TypeNode | undefined
  /** `undefined` for `extern fn`. */
  readonly body: BlockExpr | undefined
}

export type ObjectKeyword =
  | 'margin'
  | 'optimizer'
  | 'schedule'
  | 'device'
  | 'machine'
  | 'dataset'
  | 'augmentation'
  | 'verification'
  | 'start'
  | 'experiment'

/** `margin`, `optimizer`, `schedule`, `device`, `machine`, `dataset`, `augmentation`, `verification`, `start` and `experiment`: a name, parameters and entries. */
export interface ObjectDecl extends Base {
  readonly kind: 'Object'
  readonly keyword: ObjectKeyword
  readonly doc: string | undefined
  readonly name: Ident
  readonly parameters: readonly Parameter[]
  /** A name, or `prefix.name`. */
  readonly extends: Ident | undefined
  readonly entries: readonly Entry[]
}

export type Entry = FieldEntry | SectionEntry | MethodEntry | StateEntry | RequireEntry | LetDecl

/** `name = value`, or a path: `train.batch = 64 per device`. */
export interface FieldEntry extends Base {
  readonly kind: 'Field'
  readonly path: readonly Ident[]
  readonly value: Expr
}
/** `centers { … }` */
export interface SectionEntry extends Base {
  readonly kind: 'Section'
  readonly name: Ident
  readonly entries: readonly Entry[]
}
/** `target(cos) = cos(acos(cos) + m)`, or with a block as its body. */
export interface MethodEntry extends Base {
  readonly kind: 'Method'
  readonly name: Ident
  readonly parameters: readonly Parameter[]
  readonly body: Expr
}
/** `state velocity = 0`: a value that an optimizer keeps for every weight, or a margin; `learn bias = 10`: a trained one of a margin. */
export interface StateEntry extends Base {
  readonly kind: 'State'
  readonly keyword: 'state' | 'learn'
  readonly name: Ident
  readonly value: Expr
}
/** `require memory.peak < 30 GiB` */
export interface RequireEntry extends Base {
  readonly kind: 'Require'
  readonly condition: Expr
}

/** `test "r50 has 43.59 M parameters" { assert … }` */
export interface TestDecl extends Base {
  readonly kind: 'Test'
  readonly title: StringExpr
  readonly lets: readonly LetDecl[]
  readonly asserts: readonly AssertStatement[]
  readonly expectations: readonly ExpectStatement[]
}
export interface AssertStatement extends Base {
  readonly kind: 'Assert'
  readonly condition: Expr
}

/** `expect error ARC4213 { arcface(m: 30 rad) }` */
export interface ExpectStatement extends Base {
  readonly kind: 'Expect'
  readonly code: Ident
  readonly body: BlockExpr
}

/** One parsed text. */
export interface SourceTree {
  readonly source: SourceFile
  readonly declarations: readonly Declaration[]
}

export type Node =
  | Ident
  | Expr
  | RecordField
  | Argument
  | TypeNode
  | Declaration
  | UsedName
  | Parameter
  | Entry
  | AssertStatement
  | ExpectStatement

/** The nodes of a kind. */
export type NodeOf<K extends Node['kind']> = Extract<Node, { kind: K }>
