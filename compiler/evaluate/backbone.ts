/**
 * Backbones: partial application, adding one to a graph, and properties that need no graph.
 *
 * Legend: N batch, H W height and width, C channels, D embedding.
 */
import type { NamedTypeNode } from '../../grammar/ast.ts'
import { bug } from '../../grammar/diagnostic.ts'
import type { Span } from '../../grammar/source.ts'
import { GraphBuilder } from '../ir/build.ts'
import type * as ir from '../ir/graph.ts'
import { convert } from '../ir/ops.ts'
import type { Elaboration, OutlineGraph, ParameterSpec } from '../values/elaboration.ts'
import type { BackboneValue, Value } from '../values/value.ts'
import { bindParameters, conformArguments, type Given, matchArguments } from './arguments.ts'
import { conformToNode, conformToParameter, declaredSizes } from './conform.ts'
import { bind, type Context, type Env, enter, fail, type Model, type Session, staticContext } from './context.ts'
import { tensor } from './numbers.ts'

/** Height, width and channels for a backbone that does not specify `on`. */
const defaultInput: readonly [number, number, number] = [112, 112, 3]

function signatureOf(backbone: BackboneValue) {
  return { name: backbone.name, parameters: backbone.decl.parameters }
}

/** The backbone with additional arguments. */
export function withArguments(backbone: BackboneValue, given: readonly Given[], context: Context): BackboneValue {
  const env: Env = { module: backbone.module, locals: undefined }
  const signature = signatureOf(backbone)
  const matched = matchArguments(context, signature, given, new Set(backbone.arguments.keys()))
  const changed = conformArguments(context, signature, matched, env)
  return { ...backbone, arguments: new Map([...backbone.arguments, ...changed]) }
}

/** Adds the backbone to the graph of the context, in its current parameter scope: images → embeddings. */
export function applyBackbone(backbone: BackboneValue, images: ir.Value, span: Span, context: Context): ir.Value {
  const { decl, module } = backbone
  const { body, input } = decl
  if (body === undefined) return bug('a backbone without a body', decl.span)
  const outer: Env = { module, locals: undefined }
  const bound = bindParameters(context, signatureOf(backbone), backbone.arguments, outer, span)
  const inner = enter(context, { name: backbone.name, target: decl, path: context.scope.path, span })
  const image = tensor(images)
  const given = input === undefined ? image : conformToParameter(inner, input, image, bound.env, span)
  const value = context.session.evaluate(body, bind(bound.env, input?.name.text ?? 'input', given), inner)
  const result =
    decl.result === undefined
      ? value
      : conformToNode(inner, decl.result, value, bound.env, body.value.span, `the result of \`${backbone.name}\``)
  if (result.kind === 'tensor') return result.value
  return fail(inner, 'ARC4002', { found: `the ${result.kind} that it gives`, wanted: 'embeddings' }, body.value.span)
}

/** The sizes of the backbone's `on Image(…)` and `-> Vector(…)`, if specified. */
function declaredShape(backbone: BackboneValue, session: Session, span: Span) {
  const context = staticContext(session)
  const outer: Env = { module: backbone.module, locals: undefined }
  const { env } = bindParameters(context, signatureOf(backbone), backbone.arguments, outer, span)
  const named = (node: { readonly kind: string } | undefined): NamedTypeNode | undefined =>
    node?.kind === 'NamedType' ? (node as NamedTypeNode) : undefined
  const on = named(backbone.decl.input?.type)
  const to = named(backbone.decl.result)
  const [height, width, channels] = on === undefined ? [] : declaredSizes(context, on, env)
  const input: readonly [number, number, number] =
    height === undefined || width === undefined || channels === undefined ? defaultInput : [height, width, channels]
  return { input, embedding: to === undefined ? undefined : declaredSizes(context, to, env)[0] }
}

/** The results of elaborating a backbone once, for one image. */
export interface Outline {
  readonly input: readonly [number, number, number]
  readonly embedding: number
  readonly parameters: readonly ParameterSpec[]
  /** Multiply-adds of the convolutions and products for one image. */
  readonly macs: number
  /** `undefined` if training or another number of images may have other parameters. */
  readonly graph: OutlineGraph | undefined
}

const outlines = new WeakMap<BackboneValue, Outline>()

/** Elaborates into a temporary graph. Shape mistakes are reported, and end the evaluation. */
export function outlineOf(backbone: BackboneValue, session: Session, span: Span): Outline {
  const known = outlines.get(backbone)
  if (known !== undefined) return known
  const { input } = declaredShape(backbone, session, span)
  const builder = new GraphBuilder('outline', 1)
  const parameters: ParameterSpec[] = []
  const values = new Map<string, ir.Value>()
  let varies = false
  const elaboration: Elaboration = {
    builder,
    mode: 'evaluate',
    compute: 'f32',
    parameter(spec) {
      parameters.push(spec)
      const value = builder.input(spec.path, { dtype: 'f32', shape: spec.shape })
      values.set(spec.path, value)
      return value
    },
    vary() {
      varies = true
    },
    update: () => undefined,
  }
  const images = builder.input('images', { dtype: 'f32', shape: [1, ...input] })
  const embeddings = applyIn(backbone, elaboration, images, session, span)
  const [, embedding, ...rest] = embeddings.type.shape
  if (embedding === undefined || rest.length > 0)
    return fail(
      staticContext(session),
      'ARC4104',
      {
        what: `the result of \`${backbone.name}\``,
        wanted: 'vectors [N, C]',
        found: `a tensor of ${embeddings.type.shape.length} dims`,
      },
      span,
    )
  const graph = varies ? undefined : { ops: builder.ops, parameters: values }
  const outline = { input, embedding, parameters, macs: macsOf(builder), graph }
  outlines.set(backbone, outline)
  return outline
}

/** Applies a backbone at the top level of an elaboration; embeddings [N,D] f32. */
export function applyIn(
  backbone: BackboneValue,
  elaboration: Elaboration,
  images: ir.Value,
  session: Session,
  span: Span,
): ir.Value {
  const model: Model = { elaboration, declared: new Map(), buffers: new Map() }
  const { builder } = elaboration
  const context: Context = { ...staticContext(session), builder, model }
  const embeddings = applyBackbone(backbone, images, span, context)
  return convert(builder, embeddings, 'f32')
}

function macsOf(builder: GraphBuilder): number {
  let macs = 0
  for (const op of builder.ops) {
    const [result] = op.results
    const [, weight] = op.operands
    if (result === undefined || weight === undefined) continue
    const outputs = result.type.shape.reduce((a, b) => a * b, 1)
    const shape = weight.type.shape
    if (op.kind === 'conv2d') macs += outputs * (shape[0] ?? 0) * (shape[1] ?? 0) * (shape[2] ?? 0)
    else if (op.kind === 'dot_general') macs += outputs * (shape[op.params.rhsContract[0] ?? 0] ?? 0)
  }
  return macs
}

/** Weights, trained or fixed, without the running statistics: the number given in papers. */
export function countParameters(parameters: readonly ParameterSpec[]): number {
  return parameters
    .filter((spec) => !spec.buffer)
    .reduce((sum, spec) => sum + spec.shape.reduce((product, dim) => product * dim, 1), 0)
}

/** The first argument of a backbone call, if it is images instead of one of its own arguments. */
export function imagesOf(
  given: readonly Given[],
): { readonly images: Value; readonly rest: readonly Given[] } | undefined {
  const [first, ...rest] = given
  return first?.name === undefined && first?.value.kind === 'tensor' ? { images: first.value, rest } : undefined
}
