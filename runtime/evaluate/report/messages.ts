/** Errors of `arcc eval` and of the evaluations that it writes, ARC6320 and following. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const reportErrors = errorsOf({
  ARC6320: {
    text: (p) => `${p.path} is no evaluation that can be read: ${p.reason}`,
    hint: () => '`arcc eval` writes it anew; if the evaluation is not needed, remove its folder',
  } satisfies ErrorMessage<{ path: string; reason: string }>,
  ARC6321: {
    text: (p) =>
      p.names.length === 0
        ? `there is no file or folder ${p.set}`
        : `there is no set ${p.set}: neither a file or folder nor one of the experiment's sets ${p.names.join(', ')}`,
    hint: (p) =>
      p.near === ''
        ? 'name a .bin file, a list of pairs, or a folder with a subfolder for each person'
        : `did you mean ${p.near}?`,
  } satisfies ErrorMessage<{ set: string; names: readonly string[]; near: string }>,
  ARC6322: {
    text: (p) => `${p.path} says nothing of verification sets`,
    hint: (p) => `name at least one: arcc eval ${p.path} lfw.bin`,
  } satisfies ErrorMessage<{ path: string }>,
  ARC6323: {
    text: (p) => `the experiment of ${p.path} has no verification set that exists on this computer`,
    hint: (p) => `name one: arcc eval ${p.path} lfw.bin`,
  } satisfies ErrorMessage<{ path: string }>,
  ARC6324: {
    text: (p) => `${p.first} and ${p.second} would both be written to ${p.folder}`,
    hint: () => 'evaluate one of them in another command, with another --folder',
  } satisfies ErrorMessage<{ first: string; second: string; folder: string }>,
  ARC6325: {
    text: (p) =>
      `${p.set} has ${p.different} pairs of two people, which cannot determine the false accept rate ${p.far}: that takes ${p.needed}`,
    hint: (p) => (Number(p.least) < 1 ? `use a larger --far, at least ${p.least}` : 'leave out --far'),
  } satisfies ErrorMessage<{ set: string; different: number; far: string; needed: number; least: string }>,
  ARC6326: {
    text: (p) => `the evaluation cannot be written to ${p.folder}: ${p.reason}`,
    hint: () => 'name a folder that can be written with --folder',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6327: {
    text: (p) => `${p.option} has no effect: none of the sets is ${p.what}`,
    hint: () => 'leave it out',
  } satisfies ErrorMessage<{ option: string; what: string }>,
  ARC6328: {
    text: (p) => `${p.name} has templates instead of pairs of pictures`,
    hint: (p) => `to verify it: ${p.command}`,
  } satisfies ErrorMessage<{ name: string; command: string }>,
})
