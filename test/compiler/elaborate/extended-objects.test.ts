/** Objects that extend others of their kind: `machine mine extends dgx_v100 { … }`. */
import { describe, expect, it } from 'vitest'
import { saidBy } from '../../helpers/facts.ts'
import { resolveBody } from '../../helpers/resolve.ts'

function resolved(body: string, declarations: string, files: Readonly<Record<string, string>> = {}) {
  const { experiment, diagnostics } = resolveBody(body, declarations, { files })
  expect(saidBy(diagnostics)).toEqual([])
  if (experiment === undefined) throw new Error('no experiment')
  return experiment
}
const said = (declarations: string, body = '') => saidBy(resolveBody(body, declarations).diagnostics)

describe('an object that extends another one', () => {
  it('has its entries and parameters; own entries replace them, field by field', () => {
    const declarations = `machine mine extends dgx_v100 {
  cores = 10 * nodes
  links.between = infiniband(4 * 25 GB/s)
}`
    const { machine } = resolved('  machine = mine(nodes: 2)', declarations)
    expect(machine).toMatchObject({ name: 'mine', nodes: 2, devicesPerNode: 8, cores: 20 })
    expect([machine.within.bandwidth, machine.between?.bandwidth]).toEqual([150e9, 100e9])
    expect(machine.device.name).toMatch(/V100/)
    const { machine: local } = resolved('  machine = mine\n  machine.nodes = 3', declarations)
    expect(local.nodes).toBe(3)
  })

  it('fixes a parameter with an entry, changes its default, or adds one', () => {
    const declarations = `dataset faces(more: int = 1) extends synthetic { identities = 50 * more, per_identity = 4 }
dataset held extends faces { holdout = 6 }
margin strict(m: angle = 0.3 rad) extends arcface { require m < 0.5 rad }
margin fixed extends strict { m = 0.2 rad }`
    const { dataset, margin } = resolved('  dataset = held(more: 2)\n  margin = strict', declarations)
    expect(dataset).toMatchObject({ name: 'held', identities: 100, perIdentity: 4, holdout: 6 })
    expect(margin.text).toBe('strict(m: 0.3 rad, scale: 64)')
    expect(resolved('  margin = fixed(scale: 32)', declarations).margin.text).toBe('fixed(scale: 32)')
    expect(said(declarations, '  margin = strict(m: 0.6 rad)')).toEqual([
      'ARC4213 owner: strict, condition: m < 0.5 rad',
    ])
    expect(said(declarations, '  dataset = held(identities: 3)')).toEqual(['ARC3103 callee: held, name: identities'])
  })

  it('replaces methods, and keeps the states of optimizers', () => {
    const declarations = `optimizer signed extends sgd {
  weight_decay = 0
  update(weight, gradient, rate) {
    let v = momentum * velocity + (if gradient > 0 then 1 else -1)
    { weight = weight - rate * v, velocity = v }
  }
}
margin half extends arcface { other(cos) = cos / 2 }`
    const { optimizer, margin } = resolved('  train.optimizer = signed(lr: 0.1)\n  margin = half', declarations)
    expect(optimizer.states.map(({ name }) => name)).toEqual(['velocity'])
    expect(margin.other).toBeDefined()
    expect(said('optimizer o extends sgd { state extra = 0 }')).toEqual(['ARC3209 names: [extra]'])
  })

  it('keeps the scope of what it extends', () => {
    const files = {
      'base.arc':
        'use std.machines: v100_sxm2_32gb\nlet count = 3\nmachine rack(nodes: int = count) {\n  let per = count + 1\n  devices_per_node = per, device = v100_sxm2_32gb\n  links { within = nvlink(150 GB/s), between = infiniband(count * 1 GB/s) }\n}',
    }
    const declarations = 'use base: rack\nlet count = 100\nmachine mine extends rack { let per = 7, cores = per }'
    const { machine } = resolved('  machine = mine', declarations, files)
    expect(machine).toMatchObject({ nodes: 3, devicesPerNode: 4, cores: 7, between: { bandwidth: 3e9 } })
  })

  it('extends one of its own kind', () => {
    expect(said('machine m extends arcface { }')).toEqual([
      'ARC3216 name: arcface, keyword: a margin, wanted: a machine',
    ])
    expect(said('machine m extends dgx_v10 { }\nmachine n extends m { cores = 3 }')).toEqual([
      'ARC2011 keyword: machine, name: dgx_v10',
    ])
    expect(said('machine a extends b { }\nmachine b extends a { }')).toEqual(['ARC2012 chain: [a, b, a]'])
    expect(said('machine m extends dgx_v100 { coers = 3 }')).toEqual([
      'ARC3201 owner: a machine, what: field, name: coers',
    ])
    expect(said('machine m extends dgx_v100 { nodes = 3 s }')).toEqual([
      'ARC3003 place: `nodes` of `dgx_v100` takes, expected: a whole number, found: a time',
    ])
    expect(said('margin m(m: bytes) extends arcface { target(cos) = cos }')).toEqual([
      'ARC3001 place: `m` of `arcface` takes, expected: an angle, found: bytes',
    ])
  })
})
