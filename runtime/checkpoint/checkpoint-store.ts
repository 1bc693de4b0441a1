/**
 * The checkpoints of a run: writes them while training goes on, and keeps the newest ones and the best.
 *
 * The state is copied to the host, which is all that training waits for; a thread then names, hashes and writes the copy. A state
 * that needs more than half of the available memory is written from the devices instead, while training waits.
 */
import { join } from 'node:path'
import { alone } from '../peers/alone.ts'
import { createJoint, type Joint } from '../peers/joint.ts'
import { snapshotState, takeSnapshot } from '../state/snapshot.ts'
import { classCount, type StateLayout, type StoredState, stateBytes } from '../state/stored-state.ts'
import {
  beginCheckpoint,
  type CheckpointPlace,
  checkpointsName,
  completeCheckpoint,
  dropPartial,
  listCheckpoints,
  partialPath,
  prepareFolder,
  removeCheckpoint,
  replaceManifest,
  stepName,
} from './checkpoint-folder.ts'
import {
  type CheckpointFacts,
  type CheckpointMetric,
  createManifest,
  type Manifest,
  type ManifestFile,
  readManifest,
} from './manifest.ts'
import { seen, seenInside } from './seen.ts'
import { asideWriter } from './write-aside.ts'
import { writeFiles } from './write-files.ts'

/** A copy up to this size is written by the process itself: less work than starting a thread. Bytes. */
const smallBytes = 2 ** 24
/** The part of the available memory that a copy of the state may take. */
const memoryShare = 0.5

export interface WrittenCheckpoint {
  readonly path: string
  readonly bytes: number
  readonly manifest: Manifest
}

export interface StoreOptions {
  /** The folder of the run. */
  readonly folder: string
  /** How many of the newest are kept. */
  readonly keep: number
  /** The verification set on which the best one, which is kept too, has the highest accuracy. */
  readonly best: string | undefined
  /** Called when a checkpoint is complete. */
  readonly onWritten: (written: WrittenCheckpoint) => void
  /**
   * Called when one that training does not wait for could not be written, or one could not be amended or be removed to make room; the
   * run goes on.
   */
  readonly onFailed: (error: unknown) => void
  /**
   * The calls of the processes that write these checkpoints together, each its own part; by default, a single one writes all. Every
   * call of the store comes in the same order on all of them.
   */
  readonly joint?: Joint
  /** The step of an intact checkpoint, from which the run goes on: it is not written again. */
  readonly from?: number | undefined
  /** Steps whose checkpoints are damaged: they do not count. */
  readonly damaged?: ReadonlySet<number>
  /** Bytes of host memory that are available; for tests. */
  readonly available?: () => number
  /** Bytes from which on a thread writes; for tests. */
  readonly threadFrom?: number
}

export interface CheckpointStore {
  /** Completed steps of those that exist, the newest first. */
  readonly steps: readonly number[]
  /** The step of the one with the best verification; `undefined` without `best`, or before there is one. */
  readonly bestStep: number | undefined
  /** Whether this accuracy on the set `best` is higher than that of all that exist. */
  isBest(metrics: readonly CheckpointMetric[]): boolean
  /** Whether there is an intact checkpoint of a step: the run goes on from it, or this store has written it or is writing it. */
  has(step: number): boolean
  /**
   * Copies the state after `facts.step` steps, then writes it while the caller goes on. Resolves when the state may change again;
   * waits until the previous one is written. Rejects only if the state could not be copied; `onFailed` gets errors of writing.
   */
  save(stored: StoredState, facts: CheckpointFacts): Promise<void>
  /**
   * Resolves when the checkpoint of `facts.step` is on the disk. A process that `isAlone`, because another one is lost, writes all of it.
   * Throws ARC6404, ARC6707 and errors of devices.
   */
  saveNow(stored: StoredState, facts: CheckpointFacts, isAlone?: boolean): Promise<void>
  /** Adds the verification of the weights after a step to their checkpoint, if there is an intact one. */
  amend(step: number, metrics: readonly CheckpointMetric[]): Promise<void>
  /** Waits until the one that is being written is complete, or has failed. */
  settled(): Promise<void>
  /**
   * Removes all later than `step`: the run has gone back there, and they belong to what it has abandoned. Those of `unreadable` are
   * only forgotten, because the disk may be read again. Throws ARC6707.
   */
  abandonAfter(step: number, unreadable: ReadonlySet<number>): Promise<void>
  /** Waits until nothing is written any more and ends the thread. */
  dispose(): Promise<void>
}

/** Opens the checkpoints of a run and removes what a killed process left. Throws ARC6707. */
export async function openStore(options: StoreOptions): Promise<CheckpointStore> {
  const {
    keep,
    best,
    from,
    damaged,
    onWritten,
    onFailed,
    joint = createJoint(alone(), ''),
    available = () => process.availableMemory(),
    threadFrom = smallBytes,
  } = options
  const folder = join(options.folder, checkpointsName)
  const isFirst = joint.rank === 0
  await joint.first('the checkpoints', () => prepareFolder(folder))
  if (!isFirst) await seen(folder)
  const aside = asideWriter()
  const existing = await listCheckpoints(folder)
  const manifests = await readAll(existing.filter(({ step }) => damaged?.has(step) !== true))
  /** Steps whose checkpoints are intact, or are being written. */
  const own = new Set(from === undefined ? [] : [from])
  let writing: Promise<void> = Promise.resolve()

  const accuracyOf = (metrics: readonly CheckpointMetric[]) => metrics.find(({ set }) => set === best)?.accuracy
  const ranked = () =>
    [...manifests.values()]
      .flatMap(({ step, metrics }) => {
        const accuracy = accuracyOf(metrics)
        return accuracy === undefined ? [] : [{ step, accuracy }]
      })
      .sort((a, b) => b.accuracy - a.accuracy || a.step - b.step)
  const steps = () => [...manifests.keys()].sort((a, b) => b - a)

  const prune = async () => {
    const newest = steps().slice(0, keep)
    const kept = new Set([...newest, ranked()[0]?.step])
    const oldest = Math.min(...newest)
    const pruned = [...manifests.keys()].filter((step) => !kept.has(step))
    for (const step of pruned) manifests.delete(step)
    for (const { step, path } of isFirst ? await listCheckpoints(folder) : []) {
      // What could not be read is left until there are enough newer ones.
      if (kept.has(step) || (!pruned.includes(step) && step > oldest)) continue
      // What stays is tried again after the next one.
      await removeCheckpoint(path).catch(onFailed)
    }
  }
  const write = async (stored: StateLayout, facts: CheckpointFacts, writeOwn: WriteOwn, writers = joint) => {
    const path = join(folder, stepName(facts.step))
    const manifest = await writeTogether(writers, path, facts, classCount(stored), writeOwn)
    manifests.set(facts.step, manifest)
    onWritten({ path, manifest, bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0) })
    await prune().catch(onFailed)
  }
  const here = (stored: StoredState, facts: CheckpointFacts, writers = joint) =>
    write(stored, facts, (into) => writeFiles(into, stored, facts), writers)

  /** Runs `work` after what is under way: the body of a run and the watchdog may save the same step. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = writing.then(work)
    writing = done.catch(() => undefined)
    return done
  }
  /** Resolves when the state is copied; `written` never rejects. */
  const begin = async (stored: StoredState, facts: CheckpointFacts): Promise<{ readonly written: Promise<void> }> => {
    if (own.has(facts.step)) return { written: Promise.resolve() }
    own.add(facts.step)
    const failed = (error: unknown) => {
      own.delete(facts.step)
      onFailed(error)
    }
    const bytes = stateBytes(stored)
    if (bytes > available() * memoryShare) {
      await here(stored, facts).catch(failed)
      return { written: Promise.resolve() }
    }
    const snapshot = await takeSnapshot(stored).catch((error: unknown) => {
      own.delete(facts.step)
      throw error
    })
    const written =
      bytes < threadFrom
        ? here(snapshotState(snapshot), facts)
        : write(stored, facts, (into) => aside.write({ folder: into, snapshot, facts }))
    return { written: written.catch(failed) }
  }

  return {
    get steps() {
      return steps()
    },
    get bestStep() {
      return ranked()[0]?.step
    },
    has: (step) => own.has(step),
    isBest(metrics) {
      const accuracy = accuracyOf(metrics)
      return accuracy !== undefined && accuracy > (ranked()[0]?.accuracy ?? Number.NEGATIVE_INFINITY)
    },
    async save(stored, facts) {
      const copied = writing.then(() => begin(stored, facts))
      writing = copied.then(
        ({ written }) => written,
        () => undefined,
      )
      await copied
    },
    saveNow: (stored, facts, isAlone = false) =>
      inTurn(async () => {
        if (own.has(facts.step)) return
        await here(stored, facts, isAlone ? createJoint(alone(), '') : joint)
        own.add(facts.step)
      }),
    amend: (step, metrics) =>
      inTurn(async () => {
        const manifest = manifests.get(step)
        if (manifest === undefined || !own.has(step)) return
        const amended = createManifest({ ...manifest, metrics: [...metrics] }, manifest)
        try {
          await joint.first('a checkpoint', () => replaceManifest(join(folder, stepName(step)), amended))
          manifests.set(step, amended)
          await prune()
        } catch (error) {
          onFailed(error)
        }
      }),
    settled: () => writing,
    abandonAfter: (step, unreadable) =>
      inTurn(async () => {
        for (const later of [...own, ...manifests.keys()].filter((it) => it > step)) {
          own.delete(later)
          manifests.delete(later)
        }
        await joint.first('the checkpoints', async () => {
          for (const { step: later, path } of await listCheckpoints(folder))
            if (later > step && !unreadable.has(later)) await removeCheckpoint(path)
        })
      }),
    async dispose() {
      await writing
      await aside.dispose()
    },
  }
}

/** Writes this process's files to a folder. */
type WriteOwn = (folder: string) => Promise<readonly ManifestFile[]>

/** Writes a checkpoint: each process its files, the first one the manifest when all are on the disk. Throws on all of them alike. */
async function writeTogether(
  joint: Joint,
  path: string,
  facts: CheckpointFacts,
  classes: number,
  writeOwn: WriteOwn,
): Promise<Manifest> {
  try {
    await joint.first('the folder of a checkpoint', () => beginCheckpoint(path))
    const into = partialPath(path)
    const writeHere = async () => {
      if (joint.rank > 0) await seenInside(into)
      return writeOwn(into)
    }
    const files = await joint.each('the files of a checkpoint', writeHere, (all) => all.flat())
    const manifest = createManifest(facts, { classes, files })
    await joint.first('the manifest of a checkpoint', () => completeCheckpoint(path, manifest))
    return manifest
  } catch (error) {
    if (joint.rank === 0) await dropPartial(path)
    throw error
  }
}

/** The manifests of those that can be read, by step. */
async function readAll(places: readonly CheckpointPlace[]): Promise<Map<number, Manifest>> {
  const manifests = new Map<number, Manifest>()
  for (const { step, path } of places) {
    const manifest = await readManifest(path).catch(() => undefined)
    if (manifest?.step === step) manifests.set(step, manifest)
  }
  return manifests
}
