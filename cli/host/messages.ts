/** Errors in how a command was used, ARC66xx: the files and folders that it names. */
import { type ErrorMessage, errorsOf } from '../../runtime/errors.ts'

/** A file that `arcc doctor --write-machine` writes. */
type Profile = { readonly file: string }

const measureAgain = () => 'measure this computer again: arcc doctor --write-machine'

export const usageErrors = errorsOf({
  ARC6601: {
    text: (p) => `there is no file ${p.file}`,
    hint: (p) =>
      p.near !== ''
        ? `did you mean ${p.near}?`
        : p.others.length > 0
          ? `${p.folder} contains ${p.others.join(', ')}`
          : `${p.folder} contains no .arc files`,
  } satisfies ErrorMessage<{ file: string; near: string; folder: string; others: readonly string[] }>,
  ARC6602: {
    text: (p) => `the folder ${p.folder} is not empty`,
    hint: () => 'choose another one with --folder',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6603: {
    text: (p) => `no .arc files in ${p.folder}`,
    hint: () => 'name a file, or a folder with .arc files',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6610: {
    text: (p) => `cannot read the machine profile ${p.file} (set by ARCC_MACHINE)`,
    hint: measureAgain,
  } satisfies ErrorMessage<Profile>,
  ARC6611: {
    text: (p) => `${p.file} is not valid YAML: ${p.reason}`,
    hint: measureAgain,
  } satisfies ErrorMessage<Profile & { reason: string }>,
  ARC6612: {
    text: (p) => `${p.file} is not a valid machine profile: ${p.reason}`,
    hint: measureAgain,
  } satisfies ErrorMessage<Profile & { reason: string }>,
  ARC6613: {
    text: (p) => `there is no default file for the figures: ${p.unset.join(' and ')} are not set`,
    hint: () => 'name a file: arcc doctor --write-machine machine.yaml',
  } satisfies ErrorMessage<{ unset: readonly string[] }>,
})
