/** Errors in the points of faces, ARC6340. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'

export const alignErrors = errorsOf({
  ARC6340: {
    text: (p) => `the face in ${p.file} cannot be aligned: its five points are all one point, or not finite`,
    hint: () => 'expected: x and y, in pixels, of both eyes, the nose and both corners of the mouth',
  } satisfies ErrorMessage<{ file: string }>,
})
