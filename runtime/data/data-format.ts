/** What a data format is to the plan and to the run: one object, so that both see the same images. */
import { existsSync } from 'node:fs'
import type { RunSpec } from '../../compiler/plan/plan.ts'
import { need } from '../../grammar/diagnostic.ts'
import type { Collection } from './collection.ts'
import type { ScanWatcher } from './scan-progress.ts'

/** The fields of a data set. */
export type DataSpec = Omit<RunSpec['dataset'], 'span'>

export interface DataFormat {
  /** Whether the data set is on this computer; if not, the plan uses declared counts. */
  isHere(spec: DataSpec): boolean
  /**
   * Lists all images, held-out ones included, and checks the structure of the set; nothing is decoded. All faults are reported
   * together, in one error: ARC6240 or another ARC62xx. It is synchronous because planning is; `watcher` is told how far it is.
   */
  open(spec: DataSpec, watcher?: ScanWatcher, needs?: ListingNeeds): Collection
}

/** What a listing is for. */
export interface ListingNeeds {
  /** Whether every label is read and checked; otherwise formats that read labels with the pictures need not. */
  readonly allLabels?: boolean
  /** Whether the set is a part of a mix: it may have a single class then. */
  readonly isPart?: boolean
}

/** The root of a data set that has one and for which no environment variable is pending. */
export function rootOf({ root }: DataSpec): string {
  return need(root, 'the root of a data set on disk').path
}

/** The environment variable that has to be set before the files of a data set are known; `undefined` if there is none. */
export function pendingOf({ root, file, mixed: parts }: DataSpec): string | undefined {
  return root?.pending ?? file?.pending ?? parts?.map(pendingOf).find((pending) => pending !== undefined)
}

/** `isHere` of the formats whose files lie in or at the root. */
export function rootExists({ root }: DataSpec): boolean {
  return root !== undefined && root.pending === undefined && existsSync(root.path)
}

/** The number of classes that a data set declares, held-out ones included; `undefined` if it declares none. */
export function declaredClasses({ identities, holdout }: DataSpec): number | undefined {
  return identities === undefined ? undefined : identities + holdout
}
