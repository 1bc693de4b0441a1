/**
 * torchrun's variables, which PyTorchJob of Kubeflow sets too: RANK and WORLD_SIZE count processes, GROUP_RANK counts computers
 * (pytorch.org/docs/stable/elastic/run.html).
 */
import type { Environment } from '../../environment.ts'
import { type Found, numberIn } from './found.ts'

export function foundTorchrun(env: Environment): Found | undefined {
  const [rank, world] = [numberIn(env, 'RANK'), numberIn(env, 'WORLD_SIZE', 1)]
  const rendezvous = masterAddress(env)
  if (rank === undefined || world === undefined) return rendezvous && { by: 'torchrun', rendezvous }
  const local = numberIn(env, 'LOCAL_WORLD_SIZE', 1)
  const each = local?.value ?? 1
  const group = numberIn(env, 'GROUP_RANK')
  return {
    by: 'torchrun',
    nodes: each === 1 ? world : { value: world.value / each, source: 'WORLD_SIZE and LOCAL_WORLD_SIZE' },
    rank: each === 1 ? rank : (group ?? { value: Math.floor(rank.value / each), source: 'RANK and LOCAL_WORLD_SIZE' }),
    ...(rendezvous === undefined ? {} : { rendezvous }),
    ...(local === undefined || each === 1 ? {} : { processes: local }),
  }
}

/** torchrun itself listens at MASTER_PORT where its workers use the agent's store; arcc takes the next port then. */
function masterAddress(env: Environment): Found['rendezvous'] {
  const host = env.MASTER_ADDR?.trim()
  const port = numberIn(env, 'MASTER_PORT', 1)
  if (!host || port === undefined) return undefined
  const isTaken = env.TORCHELASTIC_USE_AGENT_STORE === 'True'
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    value: `${shown}:${port.value + (isTaken ? 1 : 0)}`,
    source: `MASTER_ADDR and MASTER_PORT${isTaken ? ' + 1' : ''}`,
  }
}
