/** Errors in how a network was named, ARC6615 to ARC6619. */
import { type ErrorMessage, errorsOf } from '../../../runtime/errors.ts'

export const networkErrors = errorsOf({
  ARC6615: {
    text: (p) => `there is no run, checkpoint or file of weights ${p.path}`,
    hint: (p) =>
      p.near === '' ? 'name the folder of a run, a checkpoint, or a file of weights' : `did you mean ${p.near}?`,
  } satisfies ErrorMessage<{ path: string; near: string }>,
  ARC6616: {
    text: (p) => `${p.path} has the tensors of no backbone of the standard library`,
    hint: () =>
      'name its backbone, as in --backbone "r50(embedding: 256)", or the experiment that declares it: --experiment FILE.arc',
  } satisfies ErrorMessage<{ path: string }>,
  ARC6617: {
    text: (p) =>
      `the record of the run names ${p.file}, which is gone, and the run's folder ${p.folder} has no copy of it`,
    hint: () => 'name the experiment that declares its backbone: --experiment FILE.arc',
  } satisfies ErrorMessage<{ file: string; folder: string }>,
})
