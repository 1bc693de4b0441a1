/** Plans for stand-ins of the declared machine. */
import { describe, expect, it } from 'vitest'
import type { LocalMachine } from '../../../compiler/host/local-machine.ts'
import { printGraph } from '../../../compiler/ir/print.ts'
import type { StandIn } from '../../../compiler/plan/stand-in.ts'
import { brief } from '../../helpers/facts.ts'
import { compileText, planOf } from '../../helpers/plan.ts'
import { experimentText } from '../../helpers/resolve.ts'

const gib = 2 ** 30
const h200 = { name: 'NVIDIA H200', memory: 140 * gib, compute: 9 }
const computer: LocalMachine = { gpus: [h200, h200], nvlink: true, cores: 8, memory: 64 * gib }

const gpus = '  machine = dgx_h100\n  machine.devices_per_node = 2\n  train.precision = f16'
const free = `${gpus}\n  train { batch = auto, recompute = auto }\n  dataset = synthetic(identities: 2000, per_identity: 40)`

const standingIn = (standIn?: StandIn) => ({ experiment: 'run', place: () => standIn })
const compile = (body: string, standIn?: StandIn) => compileText(experimentText(body), standingIn(standIn))
const planFor = (body: string, standIn?: StandIn) => planOf(experimentText(body), standingIn(standIn))

const emulated: StandIn = { how: 'emulated', machine: 'cpu(devices: 2, memory: 1 GiB)' }
const found: StandIn = { how: 'found', machine: 'local(devices: 2)', computer }

describe('an emulation', () => {
  it('has the graphs of the declared machine, whatever the planner chose for it', () => {
    const [declared, stand] = [planFor(free), planFor(free, emulated)]
    expect(stand.document.choices).toEqual(declared.document.choices)
    expect(stand.run.batchPerDevice).toBe(declared.run.batchPerDevice)
    for (const graph of ['init', 'step', 'embed'] as const)
      expect(printGraph(stand.graphs[graph])).toBe(printGraph(declared.graphs[graph]))
  })

  it('is planned for this computer, and says for which it stands', () => {
    const { document, run } = planFor(gpus, emulated)
    expect(document.machine).toMatchObject({
      name: 'cpu',
      kind: 'cpu',
      devicesPerNode: 2,
      memoryPerDevice: gib,
      insteadOf: { how: 'emulated', name: 'dgx_h100', nodes: 1, devicesPerNode: 2, device: 'NVIDIA H100 SXM5 80 GB' },
    })
    expect(document.time.basis).toContain('declared figures of CPU')
    expect(run.machine).toMatchObject({ local: true, device: { kind: 'cpu' } })
  })

  it('keeps the `require`s of the declared machine', () => {
    const fast = `${gpus}\n  require throughput > 100 samples/s`
    expect(brief(compile(fast, emulated).diagnostics)).toEqual(brief(compile(fast).diagnostics))
    const tooFast = `${gpus}\n  require throughput > 1e12 samples/s`
    expect(compile(tooFast, emulated).diagnostics).toMatchObject([{ code: 'ARC5003' }])
  })

  it('exchanges softmax statistics as the declared machine does', () => {
    const body =
      '  machine = dgx_h100(nodes: 4)\n  train.batch = 128 per device\n  dataset = synthetic(identities: 1000, per_identity: 40)'
    const [declared, stand] = [planFor(body), planFor(body, { how: 'emulated', machine: 'cpu(devices: 32)' })]
    expect(stand.document.exchange).toEqual(declared.document.exchange)
    expect(stand.document.exchange?.chosen).toBe('reduce')
    expect(stand.document.collectives).toEqual(declared.document.collectives)
  })

  it('takes several computers as so many devices', () => {
    const body = '  machine = dgx_h100(nodes: 2)\n  train.batch = 4 per device'
    const { replicas, document } = planFor(body, { how: 'emulated', machine: 'cpu(devices: 16)' })
    expect({ replicas, nodes: document.machine.nodes }).toEqual({ replicas: 16, nodes: 1 })
  })
})

describe('other devices', () => {
  it('are planned for anew', () => {
    const { document, run } = planFor(gpus, found)
    expect(document.machine).toMatchObject({
      name: 'local',
      device: 'NVIDIA H200 SXM 141 GB',
      memoryPerDevice: h200.memory,
      insteadOf: { how: 'found', name: 'dgx_h100', device: 'NVIDIA H100 SXM5 80 GB' },
    })
    expect(run.machine.within).toMatchObject({ technology: 'nvlink', bandwidth: 450e9 })
    expect(document.time.secondsPerStep).not.toBe(planFor(gpus).document.time.secondsPerStep)
  })

  it('that nobody has measured are a mistake where the machine is given', () => {
    const l4 = { name: 'NVIDIA L4', memory: 22 * gib, compute: 8.9 }
    const { plan, diagnostics } = compile(gpus, { ...found, computer: { ...computer, gpus: [l4, l4] } })
    expect(plan).toBeUndefined()
    expect(diagnostics).toMatchObject([
      {
        code: 'ARC4026',
        message: 'no performance figures are known for NVIDIA L4',
        span: { source: { path: 'test.arc' } },
      },
    ])
  })

  it('that do not compute in the precision are a mistake', () => {
    const v100 = { name: 'Tesla V100-SXM2-32GB', memory: 32 * gib, compute: 7 }
    const bf16 = gpus.replace('f16', 'bf16')
    const { diagnostics } = compile(bf16, { ...found, computer: { ...computer, gpus: [v100, v100] } })
    expect(diagnostics).toMatchObject([{ code: 'ARC4212', params: { precision: 'bf16' } }])
  })
})

it('the memory that the driver reports is what fits', () => {
  const { document } = planFor(gpus, { how: 'measured-memory', memory: 70 * gib })
  expect(document.machine).toMatchObject({ name: 'dgx_h100', memoryPerDevice: 70 * gib })
  expect(document.machine).not.toHaveProperty('insteadOf')
  expect(document.memory.capacity).toBe(70 * gib)
})
