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
  ARC6619: {
    text: (p) => `${p.folder} is a folder, not an .arc file`,
    hint: (p) => (p.files.length > 0 ? `it contains ${p.files.join(', ')}` : 'it contains no .arc files'),
  } satisfies ErrorMessage<{ folder: string; files: readonly string[] }>,
  ARC6602: {
    text: (p) => `the folder ${p.folder} is not empty`,
    hint: () => 'choose another one with --folder, or go on with the run in it: --continue',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6603: {
    text: (p) => `no .arc files in ${p.folder}`,
    hint: () => 'name a file, or a folder with .arc files',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6604: {
    text: (p) => `there is no file or folder ${p.path}`,
    hint: (p) =>
      p.near === ''
        ? 'name a folder, a file, an .arc file, or a data set such as "folder(root: \\"faces\\")"'
        : `did you mean ${p.near}?`,
  } satisfies ErrorMessage<{ path: string; near: string }>,
  ARC6605: {
    text: (p) => `${p.file} is not a data set that arcc reads`,
    hint: (p) => `expected: a folder, or a file that ends in ${p.endings.join(', ')}`,
  } satisfies ErrorMessage<{ file: string; endings: readonly string[] }>,
  ARC6606: {
    text: (p) => `${p.option} needs an .arc file, but ${p.source} is not one`,
    hint: () => 'for other sources, --set can set only fields of dataset',
  } satisfies ErrorMessage<{ option: string; source: string }>,
  ARC6607: {
    text: (p) => `${p.file} cannot be written: its name must end in ${p.endings.join(' or ')}`,
    hint: () => 'the ending selects the format',
  } satisfies ErrorMessage<{ file: string; endings: readonly string[] }>,
  ARC6608: {
    text: (p) => `--quality needs --resize, for example --resize ${p.side}`,
    hint: () => 'without --resize, the pictures are kept as they are',
  } satisfies ErrorMessage<{ side: number }>,
  ARC6609: {
    text: (p) => `${p.pairs} pairs do not make ten equal parts with as many pairs of one person as of two`,
    hint: (p) => `use a multiple of ${p.unit}, such as --pairs ${p.near}`,
  } satisfies ErrorMessage<{ pairs: number; unit: number; near: number }>,
  ARC6614: {
    text: (p) => `${p.file} is not UTF-8 text: ${p.found}`,
    hint: () => 'save the file as UTF-8 (in an editor: "Save with encoding")',
  } satisfies ErrorMessage<{ file: string; found: string }>,
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
