/** Names of groups of devices. */
import { formatCount } from '../../render/format.ts'
import type { ShardGroup } from '../../render/plan.ts'

/** `device 3`, `devices 0–7` */
export function groupName({ first, last }: Pick<ShardGroup, 'first' | 'last'>): string {
  return first === last ? `device ${formatCount(first)}` : `devices ${formatCount(first)}–${formatCount(last)}`
}
