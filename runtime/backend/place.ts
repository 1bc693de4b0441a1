/**
 * Where a plan runs: on the machine it declares, on other GPUs of this computer, on virtual devices of this computer if
 * requested, or nowhere. Decided first, from the declaration and the driver's information.
 */
import { worldSize } from '../../compiler/experiment/lengths.ts'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { showBytes } from '../../compiler/plan/show.ts'
import { type CudaDriver, type CudaGpu, computeCapability, type FoundDriver } from '../cuda/driver.ts'
import { driverFor, leastCuda, leastDriver } from '../cuda/required-driver.ts'
import type { Engine } from '../engine.ts'
import { placementErrors } from './messages.ts'

type Machine = RunSpec['machine']

export type Placement =
  /** Virtual devices of this computer; `emulated` if the plan is for another machine. */
  | { readonly on: 'cpu'; readonly emulated: boolean; readonly note?: string }
  | {
      readonly on: 'cuda'
      /** One per device of the plan. */
      readonly gpus: readonly CudaGpu[]
      /**
       * `declared`: the plan holds unchanged; `memory`: it holds except for the memory of a card, in bytes; `others`: the cards
       * are different.
       */
      readonly plan: 'declared' | 'others' | { readonly memory: number }
      readonly note?: string
    }

export interface PlaceOptions {
  readonly engine: Engine['name']
  readonly emulate: boolean
  /** Computers that are to train together; default: this one alone. */
  readonly nodes?: number
}

/** Drivers report slightly different memory for the same card, always within this tolerance. */
const memoryTolerance = 0.05

/**
 * `driver` is queried only if the plan needs GPUs. Throws ARC6050 to ARC6055 if the machine is not available, ARC6870 to ARC6874 if
 * it is not one for the nodes that are to meet.
 */
export function place(machine: Machine, options: PlaceOptions, driver: () => CudaDriver): Placement {
  const { engine, emulate, nodes: meeting = 1 } = options
  const { nodes, device } = machine
  const wants = { machine: describe(machine) }
  if (meeting > 1 && engine === 'tfjs') throw placementErrors('ARC6870', { nodes: meeting })
  if (meeting > 1 && meeting !== nodes)
    throw placementErrors('ARC6871', { ...wants, planned: nodes, nodes: meeting, ways: waysToMeet(machine, meeting) })
  const isHere = device.kind === 'cpu' && nodes === meeting
  if (isHere) {
    const note = `\`${machine.name}\` is a CPU machine and does not need --emulate`
    return { on: 'cpu', emulated: false, ...(emulate ? { note } : {}) }
  }
  if (emulate) return { on: 'cpu', emulated: true }
  if (nodes !== meeting)
    throw placementErrors('ARC6054', { ...wants, nodes, ways: waysOut(machine, { oneNode: true }) })
  if (engine === 'tfjs') throw placementErrors('ARC6055', { ...wants, ways: waysOut(machine, { xla: true }) })
  const found = driver()
  if (!found.found) {
    const install = found.reason === 'no-library' ? ['arcc doctor', 'shows which parts of CUDA are missing'] : undefined
    throw placementErrors('ARC6050', { ...wants, found: found.detail, ways: waysOut(machine, { more: install }) })
  }
  checkDriver(machine, found)
  return chooseGpus(machine, found)
}

function checkDriver(machine: Machine, { version, cuda }: FoundDriver): void {
  if (cuda[0] >= leastCuda) return
  throw placementErrors('ARC6051', {
    machine: describe(machine),
    version: version === undefined ? '' : ` (${version})`,
    cuda: cuda.join('.'),
    least: leastCuda,
    driver: leastDriver,
    ways: waysOut(machine, {
      more: ['a newer driver', `CUDA 12 needs ${driverFor[12]}, CUDA 13 needs ${driverFor[13]}`],
    }),
  })
}

function chooseGpus(machine: Machine, { gpus }: FoundDriver): Placement {
  const { devicesPerNode: wanted, device } = machine
  const gpuList = listGpus(gpus)
  if (gpus.length < wanted) {
    const ways = waysOut(machine, { fewer: gpus.length })
    throw placementErrors('ARC6052', { machine: describe(machine), found: gpus.length, wanted, gpus: gpuList, ways })
  }
  const large = gpus.filter((gpu) => gpu.memory >= device.memory * (1 - memoryTolerance))
  if (large.length < wanted) {
    throw placementErrors('ARC6053', {
      machine: describe(machine),
      memory: showBytes(device.memory),
      enough: large.length === 0 ? 'none' : `only ${large.length}`,
      gpus: gpuList,
      ways: waysOut(machine, { fewer: large.length }),
    })
  }
  const chosen = alike(large, machine)
  const memory = Math.min(...chosen.map((gpu) => gpu.memory))
  if (chosen.every((gpu) => isDeclared(gpu, machine)))
    return { on: 'cuda', gpus: chosen, plan: memory === device.memory ? 'declared' : { memory } }
  if (machine.nodes > 1)
    throw placementErrors('ARC6874', { machine: describe(machine), gpus: listGpus(chosen), nodes: machine.nodes })
  const note = `the experiment declares ${device.name}; it is planned for and runs on ${listGpus(chosen)}`
  return { on: 'cuda', gpus: chosen, plan: 'others', note }
}

/** As many as the plan needs: the declared card first, then the most common one. */
function alike(gpus: readonly CudaGpu[], machine: Machine): readonly CudaGpu[] {
  const rank = (gpu: CudaGpu) =>
    isDeclared(gpu, machine) ? Number.POSITIVE_INFINITY : gpus.filter((other) => other.name === gpu.name).length
  return gpus
    .toSorted((a, b) => (rank(a) === rank(b) ? a.index - b.index : rank(b) > rank(a) ? 1 : -1))
    .slice(0, machine.devicesPerNode)
    .toSorted((a, b) => a.index - b.index)
}

/** By the driver's name; a declaration without one is matched by compute capability, if it has that. */
function isDeclared(gpu: CudaGpu, { device }: Machine): boolean {
  if (device.driver !== undefined) return gpu.name === device.driver
  return device.compute === undefined || device.compute === computeCapability(gpu)
}

/** `` `dgx_v100` (8 × NVIDIA V100 SXM2 32 GB) `` */
function describe({ name, nodes, devicesPerNode, device }: Machine): string {
  const each = `${devicesPerNode} × ${device.name}`
  return `\`${name}\` (${nodes === 1 ? each : `${nodes} × ${each}`})`
}

/** `2 × NVIDIA H200 (141 GiB), 1 × NVIDIA L4 (22.5 GiB)` */
function listGpus(gpus: readonly CudaGpu[]): string {
  const names = gpus.map((gpu) => `${gpu.name} (${showBytes(gpu.memory)})`)
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].map(([name, count]) => `${count} × ${name}`).join(', ')
}

interface Ways {
  /** The number of available devices, if there are fewer. */
  readonly fewer?: number
  readonly oneNode?: boolean
  readonly xla?: boolean
  /** An additional alternative: what to write, and its effect. */
  readonly more?: readonly string[] | undefined
}

/** The alternatives, one per line, as a table. */
function waysOut(machine: Machine, { fewer = 0, oneNode, xla, more }: Ways): string {
  const { device } = machine
  const world = worldSize(machine)
  const meet = `--nodes ${machine.nodes} --node-rank R --rendezvous HOST:PORT`
  return table([
    ...(oneNode ? [[meet, `on each of the computers, R from 0 to ${machine.nodes - 1}, HOST that of rank 0`]] : []),
    ['--emulate', `runs it on ${world === 1 ? 'a virtual device' : `${world} virtual devices`} of this computer's CPU`],
    ...(oneNode && device.kind === 'cuda' ? [['--set machine.nodes=1', 'uses one of the computers']] : []),
    ...(xla ? [['--engine xla', 'runs on the GPUs']] : []),
    ...(fewer > 0 ? [[`--set machine.devices_per_node=${fewer}`, 'uses the available GPUs']] : []),
    xla
      ? [`--set machine='cpu(devices: ${world})'`, "plans and runs it for this computer's CPU"]
      : ["--set machine='local()'", 'plans and runs it for this computer'],
    ...(more === undefined ? [] : [more]),
  ])
}

/** The alternatives where as many nodes are to meet as the machine does not have. */
function waysToMeet({ nodes }: Machine, meeting: number): string {
  return table([
    [`--set machine.nodes=${meeting}`, `plans for ${meeting} computers`],
    [
      `--nodes ${nodes}`,
      nodes === 1 ? 'runs on this computer alone' : `as many as the plan has, R from 0 to ${nodes - 1}`,
    ],
  ])
}

function table(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([what = '']) => what.length))
  return rows.map(([what = '', does = '']) => `${what.padEnd(width)}  ${does}`).join('\n')
}
