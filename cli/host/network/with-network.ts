/** Runs a network on the devices of this computer: finds its backbone, opens its weights, starts an engine. */
import type { Backbone } from '../../../compiler/experiment/experiment.ts'
import { worldSize } from '../../../compiler/experiment/lengths.ts'
import type { Host } from '../../../compiler/host/host.ts'
import type { Precision } from '../../../compiler/ir/dtype.ts'
import { type NetworkPlan, networkPlan } from '../../../compiler/plan/network-plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import type { DeviceRequest } from '../../../runtime/backend/backend.ts'
import { place } from '../../../runtime/backend/place.ts'
import { findCudaDriver } from '../../../runtime/cuda/driver.ts'
import { threadPoolEnvironment } from '../../../runtime/data/loader/thread-pool.ts'
import type { EngineName } from '../../../runtime/engine-name.ts'
import { type LoadedNetwork, loadNetwork } from '../../../runtime/network/load-network.ts'
import { type NetworkWeights, openNetwork } from '../../../runtime/network/open-network.ts'
import type { Facts } from '../../../runtime/peers/agree.ts'
import { restartWith } from '../../../runtime/restart.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { hugePageEnvironment } from '../../../runtime/xla/huge-pages.ts'
import { engineNotes } from '../../render/engine-notes.ts'
import { paragraph } from '../../render/fit.ts'
import type { Output } from '../../render/output.ts'
import { elaborateMachine } from '../carrier.ts'
import type { Nodes } from '../nodes.ts'
import { findBackbone, type NetworkSource } from './find-backbone.ts'

export interface NetworkRequest extends NetworkSource {
  readonly engine: EngineName
  /** Devices to use; `undefined` takes all GPUs, or one device of the CPU. */
  readonly devices: number | undefined
  /** Images per device in one execution; `undefined` chooses. */
  readonly batch: number | undefined
  /** The type of convolutions and products. */
  readonly precision: Precision
}

export interface RunningNetwork {
  readonly plan: NetworkPlan
  readonly backbone: Backbone
  readonly weights: NetworkWeights
  /** Embeds images. */
  readonly embedder: LoadedNetwork
  /** What it runs on, for display. */
  readonly device: string
  /** The folder of the run that the weights are of. */
  readonly run: string | undefined
}

/** Where a network runs, decided before anything is read. */
export interface NetworkDevices {
  readonly request: DeviceRequest
  readonly count: number
}

/** Images per device in one execution: enough to keep the device busy, few enough for its memory. */
const usualBatch: { readonly [K in DeviceRequest['kind']]: number } = { cpu: 32, cuda: 128 }

/**
 * The devices for a network; `undefined` after errors, which have been shown. Throws ARC6050 to ARC6055 if this computer does not have
 * them. The process may restart here: call it before anything else.
 */
export function networkDevices(
  { engine, devices }: Pick<NetworkRequest, 'engine' | 'devices'>,
  host: Host,
  output: Output,
): NetworkDevices | undefined {
  const chosen = devices === undefined ? '' : `devices: ${devices}`
  const here = engine === 'tfjs' ? `cpu(${chosen})` : `local(${chosen})`
  const { experiment, diagnostics } = elaborateMachine(here, host)
  output.diagnostics(diagnostics)
  if (experiment === undefined) return undefined
  const { machine } = experiment
  const placement = place(machine, { engine, emulate: false }, findCudaDriver)
  const allocates = placement.on === 'cpu' && engine === 'xla'
  restartWith(threadPoolEnvironment, ...(allocates ? [hugePageEnvironment] : []))
  const count = worldSize(machine)
  if (placement.on === 'cpu') return { request: { kind: 'cpu', devices: count }, count }
  const { memory, reserve } = machine.device
  return { request: { kind: 'cuda', gpus: placement.gpus, memory: memory - reserve }, count }
}

/** A network whose weights are open, without devices: for commands that only write files. */
export interface OpenedNetwork {
  readonly plan: NetworkPlan
  readonly backbone: Backbone
  readonly weights: NetworkWeights
  readonly run: string | undefined
}

/**
 * Finds the backbone and opens the weights, which the caller closes; `undefined` after errors, which have been shown. Throws ARC6615 to
 * ARC6617 and errors of the weights.
 */
export async function openNamedNetwork(
  request: NetworkSource & Pick<NetworkRequest, 'batch' | 'precision'>,
  options: { readonly mirrored: boolean; readonly device: DeviceRequest['kind']; readonly replicas: number },
  host: Host,
  output: Output,
): Promise<OpenedNetwork | undefined> {
  const { backbone, diagnostics, run } = await findBackbone(request, host)
  output.diagnostics(diagnostics)
  if (backbone === undefined) return undefined
  const { mirrored, device, replicas } = options
  const batch = request.batch ?? usualBatch[device]
  const plan = need(
    networkPlan(backbone, { replicas, batch, compute: request.precision, device, mirrored }),
    'a backbone that was elaborated',
  )
  const weights = await openNetwork(plan, request.path)
  warnOfDamage(weights, output)
  return { plan, backbone, run, weights }
}

/** The newest checkpoint of a run is the one that people expect. */
function warnOfDamage({ damaged, checkpoint }: NetworkWeights, output: Output): void {
  const { palette } = output.errorLook
  for (const { path, reason } of damaged) {
    const text = `the checkpoint ${path} is damaged (${reason}); the network is that of step ${checkpoint?.manifest.step}`
    output.note(paragraph(`${palette.warning('warning:')} ${text}`, output.errorLook))
  }
}

interface NetworkContext {
  readonly host: Host
  readonly output: Output
  /** Nodes that use the network together. */
  readonly nodes?: Nodes
}

/** What has to be alike at all nodes that use a network together. */
async function networkFacts(
  { plan, weights }: OpenedNetwork,
  { engine, precision }: NetworkRequest,
  { request }: NetworkDevices,
): Promise<Facts> {
  const sha256 = await weights.sha256()
  return {
    'the backbone': plan.backbone,
    'the step of the weights': String(weights.checkpoint?.manifest.step ?? 'unknown'),
    '--engine': engine,
    '--precision': precision,
    '--batch': String(plan.embedBatch),
    'the kind of devices': request.kind,
    'the number of devices': String(plan.replicas),
    'the hash of the weights': sha256.slice(0, 16),
  }
}

/**
 * Opens the network and its devices, runs `body`, and closes them; `undefined` after errors, which have been shown. `mirrored`: mirror
 * images are embedded, too. Throws the errors of devices, weights and engine, and ARC6855 if nodes have different networks.
 */
export async function withNetwork<T>(
  request: NetworkRequest,
  mirrored: boolean,
  { host, output, nodes }: NetworkContext,
  body: (network: RunningNetwork) => Promise<T>,
): Promise<T | undefined> {
  const devices = networkDevices(request, host, output)
  if (devices === undefined) return undefined
  const replicas = devices.count
  const opened = await openNamedNetwork(request, { mirrored, device: devices.request.kind, replicas }, host, output)
  if (opened === undefined) return undefined
  try {
    if (nodes !== undefined && nodes.peers.nodes > 1) {
      const facts = await networkFacts(opened, request, devices)
      await nodes.agree('network', 'the networks', () => facts)
    }
    const { createEngine } = await import('../../../runtime/engines/create-engine.ts')
    const world = oneProcess(replicas)
    const engine = await createEngine(request.engine, world, engineNotes(output), devices.request)
    try {
      const embedder = await loadNetwork(engine, opened.plan, opened.weights)
      try {
        return await body({ ...opened, embedder, device: engine.description })
      } finally {
        embedder.dispose()
      }
    } finally {
      engine.dispose()
    }
  } finally {
    await opened.weights.close()
  }
}
