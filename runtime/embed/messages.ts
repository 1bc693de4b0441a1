/** Errors of embeddings that are written and of pictures that are compared, ARC6820 to ARC6829. */
import type { Params } from '../../grammar/diagnostic.ts'
import { type ErrorMessage, errorsOf } from '../errors.ts'

function message<P extends Params>(text: (params: P) => string, hint?: (params: P) => string): ErrorMessage<P> {
  return hint === undefined ? { text } : { text, hint }
}

type File = { readonly file: string }

const anew = 'start anew with --force'

export const embedErrors = errorsOf({
  ARC6820: message<File>(
    (p) => `${p.file} is unfinished: an earlier command was interrupted`,
    () => `go on with --resume, or ${anew}`,
  ),
  ARC6821: message<File & { differences: readonly string[] }>(
    (p) =>
      [`the unfinished ${p.file} does not belong to this command:`, ...p.differences.map((line) => `- ${line}`)].join(
        '\n',
      ),
    () => `go on with the same weights, pictures and options, or ${anew}`,
  ),
  ARC6822: message<File & { reason: string }>(
    (p) => `the record of the unfinished ${p.file} is damaged: ${p.reason}`,
    () => anew,
  ),
  ARC6823: message<File & { pid: number; host: string }>(
    (p) => `${p.file} is being written by process ${p.pid} on ${p.host}`,
    () => 'wait for it, end it, or choose another file',
  ),
  ARC6824: message<{ picture: string; value: number }>(
    (p) =>
      Number.isFinite(p.value)
        ? `the embedding of ${p.picture} contains ${p.value}, which f16 cannot hold`
        : `the embedding of ${p.picture} is not finite: it contains ${p.value}`,
    (p) =>
      Number.isFinite(p.value)
        ? 'leave --f16 out, or add --normalize'
        : 'the weights are damaged, or the training diverged',
  ),
  ARC6825: message<{ set: string; pictures: number }>(
    (p) =>
      p.pictures === 0 ? `${p.set} has no pictures` : `none of the ${p.pictures} pictures of ${p.set} can be read`,
    () => '`arcc data check` tells what is wrong with each',
  ),
  ARC6826: message<File & { reason: string }>(
    (p) => `${p.file} cannot be written: ${p.reason}`,
    () => 'mend this, and go on with --resume; what was embedded is kept',
  ),
  ARC6827: message<File>(
    (p) => `${p.file} is the file of the weights`,
    () => 'write to another file',
  ),
  ARC6828: message<{ pictures: number }>(
    (p) => `a comparison needs two pictures or more, and ${p.pictures === 1 ? 'one is' : 'none are'} named`,
    () => 'for example: arcc compare runs/quickstart-001 a.jpg b.jpg',
  ),
})
