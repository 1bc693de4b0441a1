/** Which weights are trained how: frozen parts, learning rates of groups, decay of matrices, averages, and what the plan says of them. */
import { describe, expect, it } from 'vitest'
import { documentLook } from '../../../cli/render/look.ts'
import { renderPlan } from '../../../cli/render/plan.ts'
import { groupOf, isBelow, isFrozenBuffer } from '../../../compiler/experiment/parameter-paths.ts'
import { opCosts } from '../../../compiler/ir/cost.ts'
import { backboneParameters } from '../../../compiler/step/backbone.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { textOf } from '../../../grammar/source.ts'
import { narrowPlan, narrowText } from '../../helpers/narrow.ts'
import { compileText } from '../../helpers/plan.ts'
import { resolveBody } from '../../helpers/resolve.ts'

const size = { devices: 2, batch: 4, classes: 13 }
const planWith = (train: string, centers = '') => narrowPlan({ ...size, train, centers })

describe('a path', () => {
  it.each<readonly [string, string, boolean]>([
    ['layer1', 'layer1.0.conv1.weight', true],
    ['layer1', 'layer10.0.conv1.weight', false],
    ['layer1.0', 'layer1', false],
    ['layer1.*.bn1', 'layer1.3.bn1.bias', true],
    ['layer1.*.bn1', 'layer1.3.bn2.bias', false],
    ['*', '', true],
    ['*.weight', 'conv1.weight', true],
    ['*.weight', 'conv1', false],
  ])('%s and %s', (pattern, path, expected) => expect(isBelow(path, pattern)).toBe(expected))

  it('applies if it is the longest; among equally long ones, the one with fewer stars and then the last', () => {
    const group = (path: string, factor: number) => ({ kind: 'rate_group' as const, path, factor })
    const lrGroups = [group('*', 2), group('layer1', 3), group('layer1.0', 4), group('layer1.*', 5), group('*.0', 6)]
    const factor = (path: string) => groupOf(path, { lrGroups })?.factor
    expect(factor('conv1.weight')).toBe(2)
    expect(factor('layer1.0.conv1.weight')).toBe(4)
    expect(factor('layer1.1.conv1.weight')).toBe(5)
    expect(factor('layer2.0.conv1.weight')).toBe(6)
    expect(groupOf('conv1.weight', { lrGroups: [] })).toBeUndefined()
  })

  it("of a single weight does not stop updates of its layer's running statistics", () => {
    const frozen = (freeze: string[]) => isFrozenBuffer('layer1.0.bn1.running_mean', { freeze })
    expect(frozen(['layer1.0.bn1.weight', 'layer1.0.bn1.*'])).toBe(false)
    expect(frozen(['layer1.0.bn1'])).toBe(true)
  })
})

describe('the weights that decay with decay = matrices', () => {
  const matrices = (backbone: string) => {
    const experiment = need(resolveBody(`  backbone = ${backbone}`, 'use std.backbones: vit, mbf').experiment, backbone)
    const found = need(backboneParameters(experiment.backbone), backbone)
    const others = found.specs.filter((spec) => spec.trainable && !found.matrices.has(spec.path))
    return { found, others }
  }

  it('are all except vectors in IResNet and MobileFaceNet', () => {
    for (const backbone of ['tiny', 'mbf']) {
      const { found, others } = matrices(backbone)
      expect(others.filter(({ shape }) => shape.length !== 1)).toEqual([])
      expect(found.specs.filter(({ path, shape }) => shape.length === 1 && found.matrices.has(path))).toEqual([])
    }
  })

  it('are all except vectors, the position embedding and the mask in a vision transformer', () => {
    const { found, others } = matrices('vit(width: 16, depth: 1, embedding: 16)')
    const tall = others.filter(({ shape }) => shape.length > 1)
    expect(tall.map(({ path }) => path)).toEqual(['pos_embed', 'mask_token'])
    expect(found.matrices).toContain('blocks.0.attn.qkv.weight')
  })
})

describe('the state', () => {
  const named = (train: string, centers = '') =>
    planWith(train, centers).state.map(({ name, role, placement }) => `${name} ${role} ${placement}`)

  it('has no optimizer state for frozen parts, and the same statistics on all devices', () => {
    const state = named('freeze = ["conv1", "bn1", "prelu", "layer1"]')
    expect(state.slice(0, 4)).toEqual([
      '*vectors parameter replicated',
      '*fixed vectors parameter replicated',
      '*statistics buffer local',
      '*fixed statistics buffer replicated',
    ])
    expect(state.filter((line) => line.includes('optimizer') && line.includes('layer1'))).toEqual([])
    expect(state).toContain('layer2.0.conv1.weight.velocity optimizer replicated')
  })

  it('joins vectors with the same learning rate and decay', () => {
    const vectors = (train: string) =>
      planWith(train).state.filter(({ name, role }) => name.startsWith('*vectors') && role === 'parameter')
    expect(vectors('decay = matrices').map(({ name }) => name)).toEqual(['*vectors'])
    const groups = vectors('lr_groups = [group("layer2", factor: 0.1), group("layer2.0.bn1", factor: 1)]')
    expect(groups.map(({ name }) => name)).toEqual(['*vectors', '*vectors 2'])
    const slow = need(groups[1], 'the second').holds.map(({ name }) => name)
    expect(slow.every((name) => name.startsWith('layer2') && !name.startsWith('layer2.0.bn1'))).toBe(true)
  })

  it('has an average for every trained weight, which computes embeddings in its place', () => {
    const plan = planWith('average = ema(decay: 0.9), freeze = ["conv1"]')
    const averages = plan.state.filter(({ role }) => role === 'average')
    const holds = averages.flatMap((tensor) => tensor.holds.map(({ name }) => name))
    const trained = plan.state.filter(({ role }) => role === 'optimizer')
    expect(holds.toSorted()).toEqual(
      trained.flatMap((tensor) => tensor.holds.map(({ name }) => name.replace('.velocity', '.average'))).toSorted(),
    )
    const embedded = plan.embedState.map((index) => need(plan.state[index], 'a tensor'))
    expect(embedded.filter(({ role }) => role === 'average')).toHaveLength(averages.length)
    expect(embedded.filter(({ role }) => role === 'parameter').map(({ name }) => name)).toEqual([
      'conv1.weight',
      'features.weight',
    ])
    expect(plan.document.memory.lines.find(({ name }) => name === 'average')?.bytes).toBeGreaterThan(1000)
  })

  it("has the states of the centers' own optimizer", () => {
    const state = named('', 'optimizer = adamw(lr: 0.01)').filter((line) => line.startsWith('centers'))
    expect(state).toEqual([
      'centers centers sharded',
      'centers.first centers_optimizer sharded',
      'centers.second centers_optimizer sharded',
    ])
  })
})

describe('the step', () => {
  const conv = (train: string) => opCosts(planWith(train).graphs.step).filter((cost) => cost.class === 'conv').length

  it.each(['', 'recompute = blocks', 'recompute = cheap', 'accumulate = 2'])(
    'computes no gradient below the lowest trained layer (%s)',
    (more) => {
      const body = (freeze: string) => planWith(`${more}\n freeze = [${freeze}]`)
      const all = body('')
      const some = body('"conv1", "bn1", "prelu", "layer1"')
      const none = body('"*"')
      const flops = (plan: typeof all) => need(plan.document.graphs[0], 'a graph').flops
      expect(flops(some)).toBeLessThan(0.8 * flops(all))
      expect(flops(none)).toBeLessThan(0.8 * flops(some))
      expect(some.document.memory.peak).toBeLessThan(all.document.memory.peak)
      expect(none.document.collectives.some(({ what }) => what.includes('backbone'))).toBe(false)
    },
  )

  it('runs each convolution of frozen parts once, even with recomputation', () => {
    expect(conv('recompute = blocks, freeze = ["*"]')).toBe(conv('freeze = ["*"]'))
  })
})

describe('the plan', () => {
  const linesOf = (train: string, centers = '') => renderPlan(planWith(train, centers).document, documentLook)
  /** The row of the summary, if there is one, then the line of the memory. */
  const rows = (lines: readonly string[]) => lines.filter((line) => line.startsWith('  weights '))

  it('shows the fields that an experiment changes and the resulting learning rate', () => {
    const set =
      'freeze = ["conv1"], decay = matrices, label_smoothing = 0.1, lr_scaling = linear_scaling(reference: 16)'
    const lines = linesOf(`${set}, average = ema(), lr_groups = [group("fc", 2)]`, 'optimizer = sgd(lr: 0.2)')
    expect(rows(lines)[0]?.trim().split('   ')).toEqual([
      'weights',
      ' 10.78 k parameters trained',
      'frozen ["conv1"]',
      'learning rates [group("fc", factor: 2)]',
      'learning rates × 0.5 (linear_scaling(reference: 16))',
      'weight decay: matrices only',
      'average ema(decay: 0.9999, warmup: true)',
      'optimizer of the centers sgd(lr: 0.2, momentum: 0.9, weight_decay: 0)',
      'label smoothing 0.1',
    ])
    expect(lines.find((line) => line.startsWith('Learning rate'))).toContain('0.025')
  })

  it.each(['', 'accumulate = 2'])('counts the forward pass of a step that trains only the centers (%s)', (more) => {
    const { model, memory } = planWith(`freeze = ["*"]\n ${more}`).document
    expect(model.multiplyAdds).toBe(planWith('').document.model.multiplyAdds)
    expect(memory.lines.filter(({ name }) => name === 'evaluation')).toEqual([])
    expect(memory.lines.filter(({ detail }) => detail.includes('backward'))).toEqual([])
  })

  it('names the contents of the 12 bytes of loss scaling', () => {
    const { lines } = planWith('freeze = ["*"], precision = f16').document.memory
    expect(lines.map(({ detail }) => detail).filter((detail) => detail.endsWith(', '))).toEqual([])
    expect(lines).toContainEqual({ name: 'loss scale', detail: 'factor and counters', bytes: 12 })
    expect(lines.filter(({ detail }) => detail.includes('backward'))).toEqual([])
  })

  it('has no row for defaults, whether they are written or not', () => {
    const written = 'freeze = [], label_smoothing = 0, decay = all, lr_groups = [], augment = [flip()]'
    for (const train of ['', written]) {
      expect(rows(linesOf(train))).toHaveLength(1)
      expect(planWith(train).document.training).toBeUndefined()
    }
    expect(rows(linesOf('freeze = ["*"]'))[0]?.trim().split('   ')).toEqual(['weights', ' frozen ["*"]'])
  })

  const head = (train: string, name: string, declarations = '') =>
    renderPlan(narrowPlan({ ...size, train, declarations }).document, { ...documentLook, width: 500 }).find((line) =>
      line.startsWith(`  ${name} `),
    )

  it('shows what training starts from, including declarations in the file and paths with brackets and commas', () => {
    const mine = 'start mine { path = "a, (b)].pt", pictures = 4 }'
    expect(head('start = mine', 'start', mine)?.trim()).toBe('start      "a, (b)].pt"   pictures: 4')
    expect(
      head('start = weights("a.pt", except: ["fc", "bn2"], fresh_centers: true, pictures: 8)', 'start')?.trim(),
    ).toBe('start      "a.pt"   fresh_centers: true   except: ["fc", "bn2"]')
    expect(head('start = weights("{env("W")}/a.pt", classes: "{"{env("W")}/x"}/c.csv")', 'start')?.trim()).toBe(
      'start      "{env("W")}/a.pt"   classes: "{env("W")}/x/c.csv"',
    )
    expect(head('', 'start')).toBeUndefined()
  })

  it('shows augmentations that are not the default', () => {
    const mine = 'augmentation mine { op = cutout, area = [0.1, 0.2], ratio = 2, fill = 7 }'
    expect(head('augment = [mine, gray(), flip()]', 'augment', mine)?.trim()).toBe(
      'augment    mine(op: cutout, ratio: 2, area: [0.1, 0.2], fill: 7)   gray(probability: 0.01)   flip(probability: 0.5)',
    )
    expect(head('augment = []', 'augment')?.trim()).toBe('augment    none')
  })
})

describe('a mistake', () => {
  const codes = (train: string, more: Partial<Parameters<typeof narrowText>[0]> = {}) =>
    compileText(narrowText({ ...size, train, ...more }))
      .diagnostics.filter(({ severity }) => severity === 'error')
      .map(({ code, notes }) => [code, notes?.[0]])
  const plain = `optimizer plain(lr: float) { update(weight, gradient, rate, step) { { weight = weight - rate * gradient } } }`
  const odd = `margin odd() { target(cos) = cos * norm(cos) }`

  it.each<readonly [string, readonly unknown[]]>([
    ['lr_groups = [group("fc", 2), group("fc", 3)]', ['ARC4229', undefined]],
    ['freeze = ["fc"], lr_groups = [group("fc", 2)]', ['ARC4230', undefined]],
    ['lr_groups = [group("fc", 2), group("fc.weight", 3), group("fc.bias", 4)]', ['ARC4230', undefined]],
    ['freeze = ["*"], average = ema()', ['ARC4233', undefined]],
    ['average = ema(decay: 1)', ['ARC4023', undefined]],
    ['lr_scaling = sqrt_scaling(reference: 0)', ['ARC4023', undefined]],
    ['label_smoothing = 1', ['ARC4020', expect.any(String)]],
  ])('%s', (train, expected) => expect(codes(train)).toEqual([expected]))

  it.each<readonly [string, Partial<Parameters<typeof narrowText>[0]>, readonly unknown[]]>([
    ['decay = matrices', { optimizer: 'plain(lr: 0.1)', declarations: plain }, ['ARC4231', 'its parameters are `lr`']],
    ['', { optimizer: 'sgd(lr: 0.1, momentum: 0, nesterov: true)' }, ['ARC4213', expect.any(String)]],
    ['', { margin: 'odd()', declarations: odd }, ['ARC4028', undefined]],
  ])('%s %o', (train, more, expected) => expect(codes(train, more)).toEqual([expected]))

  it.each([
    ['freeze = ["layr1"]', '"layr1"', '"layer1"'],
    ['freeze = ["features.weight"]', '"features.weight"', '"features.bias"'],
    ['lr_groups = [group("layer9.0", 2)]', '"layer9.0"', '"layer1.0"'],
  ])('has the edit to the nearest part: %s', (train, written, replacement) => {
    const mistakes = compileText(narrowText({ ...size, train })).diagnostics.filter((d) => d.severity === 'error')
    const edits = mistakes.map(({ code, fix }) => [code, fix && textOf(fix.span), fix?.replacement])
    expect(edits).toEqual([['ARC4228', written, replacement]])
  })

  it.each([
    ['freeze = ["fc", "layr1"]', 'ARC4228', '"layr1"'],
    ['freeze = [""]', 'ARC4228', '""'],
    ['lr_groups = [group("fc", 2), group("layr1", 2)]', 'ARC4228', 'group("layr1", 2)'],
    ['lr_groups = [group("fc", 2), group("bn2", 2), group("fc", 3)]', 'ARC4229', 'group("fc", 3)'],
  ])('is reported at its element of the list: %s', (train, code, place) => {
    const mistakes = compileText(narrowText({ ...size, train })).diagnostics.filter((d) => d.severity === 'error')
    expect(mistakes.map((mistake) => [mistake.code, textOf(mistake.span)])).toEqual([[code, place]])
    expect(mistakes[0]?.message).not.toContain('``')
  })
})
