/** Errors of exports, ARC6830 to ARC6839. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

export const exportErrors = errorsOf({
  ARC6830: {
    text: (p) => `${p.path} already exists`,
    hint: () => 'choose another name, or replace it with --force',
  } satisfies ErrorMessage<{ path: string }>,
  ARC6831: {
    text: (p) => `${p.folder} is not replaced: it is not an export of arcc`,
    hint: () => 'choose another folder',
  } satisfies ErrorMessage<{ folder: string }>,
  ARC6832: {
    text: (p) => `${p.path} cannot be written: ${p.reason}`,
    hint: () => 'nothing unfinished was left behind',
  } satisfies ErrorMessage<{ path: string; reason: string }>,
  ARC6833: {
    text: (p) => `${p.path} is the file of the weights, or a folder around it`,
    hint: () => 'write to another place',
  } satisfies ErrorMessage<{ path: string }>,
})
