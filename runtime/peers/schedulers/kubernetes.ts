/** An indexed job of Kubernetes: the index of its pod (kubernetes.io/docs/tasks/job/indexed-parallel-processing-static). */
import type { Environment } from '../../environment.ts'
import { type Found, numberIn } from './found.ts'

/** Kubernetes tells a pod its index, but neither their number nor an address: these are flags, or variables of the pod. */
export function foundKubernetes(env: Environment): Found | undefined {
  const rank = numberIn(env, 'JOB_COMPLETION_INDEX')
  const nodes = env.RANK === undefined ? numberIn(env, 'WORLD_SIZE', 1) : undefined
  return rank && { by: 'Kubernetes', rank, ...(nodes === undefined ? {} : { nodes }) }
}
