/** Whether the disk has room for the checkpoints of a run. */
import { statfs } from 'node:fs/promises'
import { checkpointErrors } from './messages.ts'

export interface SpaceNeeds {
  /** An existing folder. */
  readonly folder: string
  /** Bytes of one checkpoint. */
  readonly each: number
  /** How many are on the disk at the same time, with the one that is being written. */
  readonly copies: number
  /** Bytes of other files that the run writes. */
  readonly beside: number
}

/** Throws ARC6700 if the disk has less space than needed. */
export async function requireSpace({ folder, each, copies, beside }: SpaceNeeds): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const [free, needed] = [bavail * bsize, copies * each + beside]
  if (free < needed) throw checkpointErrors('ARC6700', { folder, free, needed, copies, each })
}
