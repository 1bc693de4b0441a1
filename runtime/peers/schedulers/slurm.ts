/** Slurm's variables of a step that srun has started (slurm.schedmd.com/srun.html). */
import type { Environment } from '../../environment.ts'
import { type Found, numberIn } from './found.ts'
import { expandNodeList } from './node-list.ts'

/** Slurm names no port: all nodes of a job derive the same one, and jobs that share a computer most likely others. */
const firstPort = 20_000
const ports = 10_000

export function foundSlurm(env: Environment): Found | undefined {
  const [node, task] = [numberIn(env, 'SLURM_NODEID'), numberIn(env, 'SLURM_PROCID')]
  const nodes = numberIn(env, 'SLURM_NNODES', 1)
  const tasks = numberIn(env, 'SLURM_NTASKS', 1)
  const rank = node ?? task
  if (rank === undefined || nodes === undefined) return undefined
  // A batch script has most of these variables, but runs on the first computer only.
  if (env.SLURM_JOB_ID !== undefined && env.SLURM_STEP_ID === undefined)
    return { by: 'Slurm', ignored: 'this process is not started by srun' }
  const list = env.SLURM_STEP_NODELIST === undefined ? 'SLURM_JOB_NODELIST' : 'SLURM_STEP_NODELIST'
  const names = expandNodeList(env[list] ?? '')
  const port = firstPort + ((numberIn(env, 'SLURM_JOB_ID')?.value ?? 0) % ports)
  const isSeveral = tasks !== undefined && tasks.value > nodes.value
  const first = names?.[0]
  return {
    by: 'Slurm',
    nodes,
    rank,
    ...(isSeveral ? { processes: { value: Math.ceil(tasks.value / nodes.value), source: 'SLURM_NTASKS' } } : {}),
    ...(names === undefined ? {} : { names }),
    ...(first === undefined ? {} : { derived: { value: `${first}:${port}`, source: `${list} and SLURM_JOB_ID` } }),
  }
}
