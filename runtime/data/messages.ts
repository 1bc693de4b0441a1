/** Errors in the data, ARC62xx. Every message names the file. */
import type { Params } from '../../grammar/diagnostic.ts'
import { type ErrorMessage, errorsOf } from '../errors.ts'

function message<P extends Params>(text: (params: P) => string, hint?: (params: P) => string): ErrorMessage<P> {
  return hint === undefined ? { text } : { text, hint }
}

type File = { readonly file: string }

export const dataErrors = errorsOf({
  ARC6201: message<{ folder: string; reason: string }>(
    (p) => `the image folder ${p.folder} cannot be read: ${p.reason}`,
    () => 'dataset.root must name a folder with one subfolder of pictures per person',
  ),
  ARC6202: message<{ folder: string; seen: string; records: number }>(
    (p) => `no pictures in ${p.folder}: it has ${p.seen}`,
    (p) =>
      p.records > 0
        ? 'this is a packed set: use recordio(root: "…")'
        : 'expected: one subfolder per person with pictures, such as .jpg, .png, .webp, .bmp, .tif or .pgm files',
  ),
  ARC6203: message<{ set: string; people: number; holdout: number }>(
    (p) => `cannot hold out ${p.holdout} of the ${p.people} people in ${p.set}: at least one must remain for training`,
    (p) => `hold out at most ${Math.max(0, p.people - 1)}`,
  ),
  ARC6204: message<File & { starts: string }>(
    (p) => `${p.file} is not a supported picture: it starts with the bytes ${p.starts}`,
    () => 'supported formats are JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PBM, PGM and PPM, recognized by content',
  ),
  ARC6205: message<File & { reason: string }>(
    (p) => `the picture ${p.file} is damaged: ${p.reason}`,
    () => 'replace the file, or remove it from the data set',
  ),
  ARC6206: message<File & { reason: string }>((p) => `${p.file} cannot be read: ${p.reason}`),
  ARC6207: message<{ what: string; asked: number; most: number; set: string }>(
    (p) => `${p.set} has too few pictures for ${p.asked} ${p.what} pairs: at most ${p.most} are possible`,
    (p) => `request at most ${p.most} pairs of each kind, or hold out more people`,
  ),
  ARC6208: message<{ images: number; batch: number }>(
    (p) => `a global batch of ${p.batch} does not fit in a data set of ${p.images} pictures`,
    (p) => `reduce train.batch to at most ${p.images} over all devices`,
  ),
  ARC6220: message<File & { at: number; reason: string }>(
    (p) => `the record file ${p.file} is damaged at byte ${p.at}: ${p.reason}`,
    () => 'train.rec and train.idx must come from the same packing; copy both again',
  ),
  ARC6222: message<File & { at: number; label: number; first: number; last: number }>(
    (p) => `the record at byte ${p.at} of ${p.file} has label ${p.label}, but labels are ${p.first} … ${p.last}`,
    () => 'arcc data check lists all such records',
  ),
  ARC6240: message<{ set: string; faults: readonly string[] }>((p) =>
    p.faults.length === 1
      ? `the data set ${p.set} cannot be used: ${p.faults[0]}`
      : [`the data set ${p.set} has ${p.faults.length} faults:`, ...p.faults.map((fault) => `- ${fault}`)].join('\n'),
  ),
  ARC6241: message<{ folder: string; people: readonly string[]; meant: string }>(
    (p) =>
      p.people.length === 1
        ? `all pictures in ${p.folder} belong to one person, ${p.people[0]}`
        : `the subfolders of ${p.folder} hold folders of pictures instead of one person each: ${p.people.join(', ')}`,
    (p) => (p.meant === '' ? 'expected: one subfolder per person' : `did you mean ${p.meant}?`),
  ),
  ARC6242: message<{ root: string; seen: string; fix: string }>(
    (p) => `no packed set in ${p.root}: it has ${p.seen}`,
    (p) => p.fix,
  ),
  ARC6260: message<File & { reason: string }>(
    (p) => `a thread that reads pictures ended while it read ${p.file}: ${p.reason}`,
    () => 'examine that picture with `arcc data check`; with `train.workers = 0` arcc reads it in the process itself',
  ),
  ARC6261: message<File & { reason: string; damaged: number; most: number; images: number }>(
    (p) =>
      `more pictures are damaged than \`dataset.damaged\` allows, ${p.most} of ${p.images}: number ${p.damaged} is ${p.file}: ${p.reason}`,
    () => 'run `arcc data check` for the list of all of them, repair the data set, or raise `at_most`',
  ),
  ARC6262: message<File & { reason: string }>(
    (p) => `ARCC_TURBOJPEG names ${p.file}, which cannot be used to decode JPEG: ${p.reason}`,
    () => 'name a libturbojpeg of libjpeg-turbo 2 or later, or unset ARCC_TURBOJPEG to decode without one',
  ),
  ARC6265: message<{ value: string }>(
    (p) => `ARCC_JPEG is ${p.value}: expected sharp, or nothing`,
    () => 'unset ARCC_JPEG to let arcc choose the JPEG decoder, or set it to sharp to decode everything with sharp',
  ),
  ARC6263: message<File & { reason: string }>((p) => `${p.file} could not be prepared: ${p.reason}`),
  ARC6230: message<File & { at: number; reason: string }>(
    (p) => `${p.file} is not a supported verification set: ${p.reason} at byte ${p.at}`,
    () =>
      'expected: a pickled pair of a list of encoded pictures and a list of same/different flags, as InsightFace packs them',
  ),
  ARC6231: message<File & { global: string }>(
    (p) => `${p.file} tries to execute ${p.global}: arcc reads pickles without executing code in them`,
    () => 'pack the pictures as plain bytes, as the InsightFace dataset packers do',
  ),
  ARC6233: message<File & { what: string; fix: string }>(
    (p) => `${p.file} is ${p.what}`,
    (p) => p.fix,
  ),
  ARC6234: message<File & { faults: readonly string[] }>(
    (p) => `${p.file} cannot be used for verification: ${p.faults.join('; ')}`,
    () => 'every pair needs two pictures and a flag, true if they show one person; both kinds must occur',
  ),
  ARC6280: message<File & { what: string }>(
    (p) => `${p.file} is not a verification set: it is ${p.what}`,
    () =>
      'expected: a pickled pair of a list of encoded pictures and a list of same/different flags, as InsightFace packs them',
  ),
})

export { reasonOf } from '../system-errors.ts'
