/** Errors of written data sets, ARC641x. Every message names the file. */
import type { Params } from '../../../grammar/diagnostic.ts'
import { type ErrorMessage, errorsOf } from '../../errors.ts'

function message<P extends Params>(text: (params: P) => string, hint?: (params: P) => string): ErrorMessage<P> {
  return hint === undefined ? { text } : { text, hint }
}

export const packErrors = errorsOf({
  ARC6410: message<{ file: string; reason: string }>(
    (p) => `${p.file} cannot be written: ${p.reason}`,
    () => 'choose another place, or make room there; nothing unfinished was left behind',
  ),
  ARC6411: message<{ file: string }>(
    (p) => `${p.file} already exists`,
    () => 'choose another name, or replace it with --force',
  ),
  ARC6412: message<{ folder: string; needed: string; free: string }>(
    (p) => `${p.folder} has ${p.free} of free space, but about ${p.needed} are needed`,
    () => 'free some space, or choose another disk',
  ),
  ARC6413: message<{ picture: string; bytes: number }>(
    (p) => `${p.picture} has ${p.bytes} bytes: a record holds fewer than 536870912`,
    () => 'remove the picture, or re-encode all with --resize',
  ),
  ARC6414: message<{ what: string; count: number }>(
    (p) => `${p.count} ${p.what} do not fit RecordIO: it stores them as 32-bit floats, which are exact up to 16777216`,
    (p) => (p.what === 'classes' ? 'split the data set' : 'pack with --layout im2rec, which stores no such counts'),
  ),
  ARC6415: message<{ set: string; asked: number; classes: number }>(
    (p) => `${p.set} has no class ${p.asked}: its classes are 0 to ${p.classes - 1}`,
  ),
  ARC6416: message<{ file: string }>(
    (p) => `${p.file} belongs to the data set that is read`,
    () => 'write to another folder',
  ),
  ARC6417: message<{ set: string }>(
    (p) => `${p.set} has no pictures`,
    () => 'name a data set with at least one picture',
  ),
  ARC6418: message<{ file: string; set: string }>(
    (p) => `${p.file} would be a list of files, but the pictures of ${p.set} are not files`,
    () => 'write a .bin file, which contains the pictures',
  ),
})
