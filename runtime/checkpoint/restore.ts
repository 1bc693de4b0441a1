/**
 * Puts a state that was read onto devices, on any number of them: class tables by global class number, running statistics that
 * each device has for itself from device i modulo the former number.
 *
 * Legend: M rows of a table on one device, of which the first hold its classes; C all classes.
 */
import { elementCount, sameShape, showType, type TensorType } from '../../compiler/ir/dtype.ts'
import {
  type ClassShard,
  isClassTable,
  isCount,
  isOfClasses,
  type NamedTensor,
  type StateTensor,
} from '../../compiler/ir/state-tensor.ts'
import type { Plan } from '../../compiler/plan/plan.ts'
import { bug, need } from '../../grammar/diagnostic.ts'
import type { DeviceTensor, Engine, HostTensor } from '../engine.ts'
import { newHostArray } from '../host-tensor.ts'
import { DeviceState } from '../state/device-state.ts'
import { filterFromOihw, storedTensor } from '../state/held-tensors.ts'
import { fileShape } from '../state/named-streams.ts'
import { classCount, type StateLayout } from '../state/stored-state.ts'
import { localReplicas } from '../world.ts'
import { replicasName, type StateSource, wholeTensor } from './state-source.ts'

/**
 * How named tensors differ from those that a state needs, one line each; none if they can be restored. Tensors that the state does
 * not need count too, because a run would lose them; pictures of classes do not, which the data has.
 */
export function stateDifferences(layout: StateLayout, types: ReadonlyMap<string, TensorType>): readonly string[] {
  const differences: string[] = []
  const wanted = new Set<string>()
  for (const spec of layout.state) {
    for (const named of spec.holds) {
      wanted.add(named.name).add(replicasName(named.name))
      const type = { dtype: spec.dtype, shape: shapeInFiles(layout, spec, named) }
      const found = types.get(named.name)
      if (found === undefined && isCount(spec)) continue
      if (found === undefined) differences.push(`it has no ${named.name}, which is ${showType(type)} here`)
      else if (found.dtype !== type.dtype || !sameShape(found.shape, type.shape))
        differences.push(`its ${named.name} is ${showType(found)}, not ${showType(type)}`)
    }
  }
  for (const name of types.keys())
    if (!wanted.has(name) && !isOfClasses(name)) differences.push(`its ${name} is not used here`)
  return differences
}

function shapeInFiles(layout: StateLayout, spec: StateTensor, named: NamedTensor): readonly number[] {
  return isClassTable(spec) ? [classCount(layout), ...spec.shape.slice(1)] : fileShape(named)
}

/**
 * This process's part of the state after `steps` steps, on the devices of `engine`. The source must have every tensor with its type
 * (`stateDifferences`). The caller disposes the state.
 */
export async function restoreState(engine: Engine, plan: Plan, source: StateSource, steps = 0): Promise<DeviceState> {
  const { world } = engine
  const tensors = localReplicas(world).map((replica) => ({ replica, own: [] as DeviceTensor[] }))
  try {
    for (const spec of plan.state) {
      let shared: HostTensor | undefined
      for (const [device, { replica, own }] of tensors.entries()) {
        const isShared = spec.placement === 'replicated'
        const stored = shared ?? (await storedOn(plan, spec, source, replica))
        if (isShared) shared = stored
        own.push(await engine.upload(device, stored))
      }
    }
    const lists = tensors.map(({ own }) => own)
    return new DeviceState(plan, lists, steps, world)
  } catch (error) {
    for (const tensor of tensors.flatMap(({ own }) => own)) tensor.dispose()
    throw error
  }
}

/** One state tensor as a replica stores it, from a source that has what it holds, with its type. */
export async function storedOn(
  plan: Plan,
  spec: StateTensor,
  source: StateSource,
  replica: number,
): Promise<HostTensor> {
  // They are filled in from the data before the first step.
  if (isCount(spec) && !source.has(spec.name))
    return { dtype: spec.dtype, shape: spec.shape, data: newHostArray(spec).fill(1) }
  if (isClassTable(spec)) return tableOn(spec, source, need(plan.shards[replica], `replica ${replica}`))
  const held: HostTensor[] = []
  for (const named of spec.holds) held.push(await namedTensor(spec, named, source, replica))
  return checked(spec.name, storedTensor(spec, held), spec)
}

async function namedTensor(
  spec: StateTensor,
  named: NamedTensor,
  source: StateSource,
  replica: number,
): Promise<HostTensor> {
  const { name, layout } = named
  const type = { dtype: spec.dtype, shape: fileShape(named) }
  const apart = replicasName(name)
  if (spec.placement === 'local' && source.has(apart)) {
    const devices = need(source.shape(apart)[0], apart)
    const { dtype, data } = await source.rows(apart, replica % devices, 1)
    return checked(name, { dtype, shape: type.shape, data }, type)
  }
  const tensor = checked(name, await wholeTensor(source, name), type)
  return layout === 'oihw' ? filterFromOihw(tensor) : tensor
}

function checked(name: string, tensor: HostTensor, type: TensorType): HostTensor {
  const { dtype, shape } = type
  if (tensor.dtype === dtype && sameShape(tensor.shape, shape) && tensor.data.length === elementCount(shape))
    return tensor
  return bug(`${name} is ${showType(tensor)}, not ${showType(type)}`)
}

/** One device's rows of a class table, with those that hold no class. */
async function tableOn(spec: StateTensor, source: StateSource, { start, count }: ClassShard): Promise<HostTensor> {
  const { name, dtype, shape } = spec
  const rest = shape.slice(1)
  const width = elementCount(rest)
  const rows = checked(name, await source.rows(name, start, count), { dtype, shape: [count, ...rest] })
  const stored = { dtype, shape, data: newHostArray(spec) }
  stored.data.set(rows.data)
  // Rows without a class affect nothing as long as they have a direction, which zeros have not: those of the last class do. Every
  // device has at least one class.
  const filler = rows.data.subarray((count - 1) * width)
  for (let at = count * width; at < stored.data.length; at += width) stored.data.set(filler, at)
  return stored
}
