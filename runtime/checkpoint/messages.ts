/** Errors of checkpoints, ARC670x and ARC671x. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

/** A number of bytes with three digits: `1.25 GB`. */
function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${Number((bytes / 1000 ** unit).toPrecision(3))} ${units[unit]}`
}

export const checkpointErrors = errorsOf({
  ARC6700: {
    text: (p) =>
      `the disk of ${p.folder} has ${sizeText(p.free)} free, but the checkpoints of this run need ${sizeText(p.needed)}: ${p.copies} × ${sizeText(p.each)}`,
    hint: () => 'free some space, choose another folder with --folder, or reduce `checkpoint.keep`',
  } satisfies ErrorMessage<{ folder: string; free: number; needed: number; copies: number; each: number }>,
  ARC6701: {
    text: (p) => `${p.folder} contains no checkpoint: ${p.reason}`,
    hint: () =>
      'name the folder of a run, such as runs/NAME-001, or one of its checkpoints, such as …/checkpoints/step-000100',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6702: {
    text: (p) => `the checkpoint ${p.folder} is damaged: ${p.reason}`,
    hint: () => 'use another checkpoint of the run; `arcc checkpoint verify` shows which ones are intact',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6703: {
    text: (p) => `all checkpoints of ${p.folder} are damaged: ${p.damaged.join('; ')}`,
    hint: () => 'restore one of them from a backup, or start the run anew without --resume',
  } satisfies ErrorMessage<{ folder: string; damaged: readonly string[] }>,
  ARC6704: {
    text: (p) =>
      `the checkpoint ${p.folder} does not fit this experiment: ${p.differences.join('; ')}${p.more > 0 ? `; and ${p.more} more` : ''}`,
    hint: (p) =>
      [
        ...p.changes.map((change) => `changed since: ${change}`),
        'a run goes on with the backbone, classes, optimizer states and types of the centers that it had; undo the change, or start a new run',
      ].join('\n'),
  } satisfies ErrorMessage<{
    folder: string
    differences: readonly string[]
    more: number
    changes: readonly string[]
  }>,
  ARC6705: {
    text: (p) => `the checkpoint ${p.folder} has format version ${p.version}, but this arcc reads version ${p.known}`,
    hint: () => 'use the version of arcc that wrote it, or a newer one',
  } satisfies ErrorMessage<{ folder: string; version: string; known: number }>,
  ARC6706: {
    text: (p) => `the run ${p.folder} cannot be resumed: ${p.reason}`,
    hint: () => 'expected: the folder of a run, with run.json, as `arcc run` writes it',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6707: {
    text: (p) => `the checkpoint ${p.folder} cannot be ${p.action}: ${p.reason}`,
  } satisfies ErrorMessage<{ folder: string; action: 'read' | 'written' | 'removed'; reason: string }>,
  ARC6708: {
    text: (p) =>
      `\`checkpoint.best\` is "${p.best}", but ${p.sets.length === 0 ? 'no verification sets are read' : `the verification sets are ${p.sets.join(', ')}`}`,
    hint: () =>
      'name one of the sets in `evaluate.sets`; the best checkpoint is the one with the highest accuracy on it',
  } satisfies ErrorMessage<{ best: string; sets: readonly string[] }>,
  ARC6709: {
    text: (p) => `${p.path} already exists`,
    hint: () => 'choose another name, or replace it with --force',
  } satisfies ErrorMessage<{ path: string }>,
})
