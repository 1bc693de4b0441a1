/**
 * Paths of parts of a backbone, as `train.freeze` and `train.lr_groups` name them: `layer1` is everything below `layer1`, a part
 * `*` stands for any one part, and `*` alone is the whole backbone.
 */
import type { TrainSpec } from './experiment.ts'

/** Whether a parameter or a layer is at or below a path. */
export function isBelow(path: string, pattern: string): boolean {
  if (pattern === '*') return true
  const parts = path.split('.')
  return pattern.split('.').every((wanted, i) => parts[i] !== undefined && (wanted === '*' || wanted === parts[i]))
}

/** Every part of a path of a weight that can be named: `layer1`, `layer1.0`, `layer1.0.conv1.weight`. */
export function partsOf(paths: readonly string[]): ReadonlySet<string> {
  const parts = new Set<string>()
  for (const path of paths) {
    const names = path.split('.')
    for (let end = 1; end <= names.length; end++) parts.add(names.slice(0, end).join('.'))
  }
  return parts
}

/** Whether training leaves a parameter or a layer unchanged. */
export function isFrozen(path: string, { freeze }: Pick<TrainSpec, 'freeze'>): boolean {
  return freeze.some((pattern) => isBelow(path, pattern))
}

/** Whether a running statistic stays unchanged: its layer is frozen. */
export function isFrozenBuffer(path: string, train: Pick<TrainSpec, 'freeze'>): boolean {
  return isFrozen(path.split('.').slice(0, -1).join('.'), train)
}

type Group = TrainSpec['lrGroups'][number]

/** Parts of a path, then those that are not `*`: of two paths that fit, the one with more parts is more exact. */
function exactness({ path }: Group): readonly [number, number] {
  const parts = path.split('.')
  return [path === '*' ? 0 : parts.length, parts.filter((part) => part !== '*').length]
}

/** The group that a weight belongs to: that of the longest path, of two equally long ones the later. */
export function groupOf(path: string, { lrGroups }: Pick<TrainSpec, 'lrGroups'>): Group | undefined {
  let best: Group | undefined
  for (const group of lrGroups) {
    if (!isBelow(path, group.path)) continue
    const [length, names] = exactness(group)
    const [bestLength, bestNames] = best === undefined ? [-1, -1] : exactness(best)
    if (length > bestLength || (length === bestLength && names >= bestNames)) best = group
  }
  return best
}
