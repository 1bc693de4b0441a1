/**
 * Tokens: the parts of the vision transformer, against plain formulas, and the random draws of training.
 *
 * Legend: N images, T tokens, C channels.
 */
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { rendered } from '../../helpers/diagnose.ts'
import { factsOf, wordsOf } from '../../helpers/facts.ts'
import { type RunBackbone, runBackbone } from '../../helpers/run-backbone.ts'

/** Two images of three rows of two pixels, taken as three pixels with two channels: tokens [2,3,2]. */
const images = [1, 2, 3, -1, 0.5, 4, -2, 1, 0, 3, 2, 2]
const tokensOf = (n: number) => [0, 1, 2].map((t) => images.slice(n * 6 + t * 2, n * 6 + t * 2 + 2))

const onTokens = (body: string, features = 6) => `backbone mine on Image(3, 2, 1) -> Vector(${features}) {
  let x = input |> reshape([input.batch, 3, 1, 2]) |> tokens
${body}
}`

function run(body: string, options: Partial<RunBackbone> & { readonly features?: number } = {}): readonly number[] {
  const { features = 6, ...rest } = options
  const result = runBackbone({ declarations: onTokens(body, features), mode: 'evaluate', images, ...rest })
  const [first] = result
  if (typeof first === 'object') throw new Error(rendered(result as readonly Diagnostic[]))
  return result as readonly number[]
}

function close(actual: readonly number[], wanted: readonly number[]) {
  expect(actual).toHaveLength(wanted.length)
  wanted.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 5)
  })
}

const flat = '|> reshape([x.batch, 6])'

describe('on tokens', () => {
  it('a linear layer works on each token', () => {
    const got = run(`  x |> linear(2, bias: true) as fc ${flat}`, {
      weights: { 'fc.weight': [1, 2, 3, 4], 'fc.bias': [10, 20] },
    })
    const wanted = [0, 1].flatMap((n) => tokensOf(n).flatMap(([p = 0, q = 0]) => [p + 2 * q + 10, 3 * p + 4 * q + 20]))
    close(got, wanted)
  })

  it('layer normalization normalizes each token', () => {
    const got = run(`  x |> layer_norm(epsilon: 0.5) as norm ${flat}`, {
      weights: { 'norm.weight': [2, 3], 'norm.bias': [0.5, -1] },
    })
    const wanted = [0, 1].flatMap((n) =>
      tokensOf(n).flatMap(([p = 0, q = 0]) => {
        const mean = (p + q) / 2
        const deviation = Math.sqrt(((p - mean) ** 2 + (q - mean) ** 2) / 2 + 0.5)
        return [(2 * (p - mean)) / deviation + 0.5, (3 * (q - mean)) / deviation - 1]
      }),
    )
    close(got, wanted)
  })

  it.each([
    ['the last dim', -1],
    ['the tokens', 1],
  ])('softmax over %s', (_name, dim) => {
    const got = run(`  softmax(x * 100, dim: ${dim}) ${flat}`)
    const wanted = [0, 1].flatMap((n) => {
      const tokens = tokensOf(n)
      const share = (value: number, among: readonly number[]) =>
        1 / among.reduce((sum, other) => sum + Math.exp(100 * (other - value)), 0)
      return tokens.flatMap((token) =>
        token.map((value, c) => share(value, dim === 1 ? tokens.map((other) => other[c] ?? 0) : token)),
      )
    })
    close(got, wanted)
  })

  it('attention with one channel a head, by the formula of its paper', () => {
    const identity = (row: number, column: number) => (row === column ? 1 : 0)
    const cells = [0, 1, 2, 3, 4, 5]
    const qkv = cells.flatMap((row) => [0, 1].map((column) => identity(row % 2, column) * (row < 2 ? 0.5 : 1)))
    const body = `  x |> attention(heads: 2, init: zeros()) as attn ${flat}`
    const got = run(body, {
      declarations: `use std.backbones: attention\n${onTokens(body)}`,
      weights: { 'attn.qkv.weight': qkv, 'attn.proj.weight': [1, 0, 0, 1], 'attn.proj.bias': [0, 100] },
    })
    const wanted = [0, 1].flatMap((n) => {
      const tokens = tokensOf(n)
      return tokens.flatMap((token) =>
        token.map((value, c) => {
          const weights = tokens.map((other) => Math.exp(0.5 * value * (other[c] ?? 0)))
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          const mixed = tokens.reduce((sum, other, t) => sum + (weights[t] ?? 0) * (other[c] ?? 0), 0)
          return mixed / total + (c === 1 ? 100 : 0)
        }),
      )
    })
    close(got, wanted)
  })

  it('parts are cut out and put together', () => {
    close(
      run(`  concatenate(slice(x, dim: 1, start: 2, stop: 3), slice(x, dim: -2, start: 0, stop: 2), dim: 1) ${flat}`),
      [0, 1].flatMap((n) => {
        const [first = [], second = [], third = []] = tokensOf(n)
        return [...third, ...first, ...second]
      }),
    )
  })

  it('sums, means and maxima keep their dim', () => {
    const each = (body: string) => run(`  expand(${body}, [x.batch, 3, 2]) ${flat}`).slice(0, 6)
    close(each('sum_over(x, dim: 1)'), [4.5, 5, 4.5, 5, 4.5, 5])
    close(each('mean_over(x, dim: 2)'), [1.5, 1.5, 1, 1, 2.25, 2.25])
    close(each('max_over(x, dim: -1)'), [2, 2, 3, 3, 4, 4])
  })
})

describe('in training', () => {
  const uniform = [0.9, 0.2]

  it('drop path leaves out whole samples and scales the others', () => {
    const body = `  x |> drop_path(0.25) ${flat}`
    const random = { drop_path: uniform }
    close(
      run(body, { mode: 'train', random }),
      images.map((value, i) => (i < 6 ? value / 0.75 : 0)),
    )
    close(run(body), images)
  })

  it('dropout leaves out elements', () => {
    const body = `  x |> dropout(0.5) ${flat}`
    const random = { dropout: images.map((_, i) => (i % 3 === 0 ? 0.5 : 0.6)) }
    close(
      run(body, { mode: 'train', random }),
      images.map((value, i) => (i % 3 === 0 ? 0 : value * 2)),
    )
    close(run(body), images)
  })

  it('an order is that of the numbers drawn, equal ones in their place, and its inverse undoes it', () => {
    // Ranks of the first image: 2 0 1; of the second, with two equal values: 1 2 0.
    const random = { '': [0.9, 0.1, 0.5, 0.4, 0.4, 0.3] }
    const pick = (order: readonly (readonly number[])[]) =>
      order.flatMap((own, n) => own.flatMap((t) => tokensOf(n)[t] ?? []))
    close(
      run(`  let y = if training() then x |> take(random_order(x)) else x\n  y ${flat}`, { mode: 'train', random }),
      pick([
        [2, 0, 1],
        [1, 2, 0],
      ]),
    )
    const both = 'take(random_order(x)) |> take(inverse_order(random_order(x)))'
    close(run(`  let y = if training() then x |> ${both} else x\n  y ${flat}`, { mode: 'train', random }), images)
  })

  it('has its random numbers to itself', () => {
    const declarations = onTokens(`  if random(x) > 0.5 then x ${flat} else x ${flat}`)
    const result = runBackbone({ declarations, mode: 'evaluate', images })
    expect(wordsOf(result as readonly Diagnostic[])).toMatchInlineSnapshot(`
      "ARC4025 also:  in \`mine\`, called here
      ARC4025 note:  call it only in training: \`if training() then … else x\`
      "
    `)
    expect(factsOf(result as readonly Diagnostic[])).toMatchInlineSnapshot(`
      "ARC4025 test.arc:7:6 \`random(x)\`
        what: \`random\`
        also test.arc:18:14 \`mine\`
        notes: 1
      "
    `)
  })
})
