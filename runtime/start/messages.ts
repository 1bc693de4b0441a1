/** Errors of weights that a run starts from, ARC676x and ARC677x. */
import { type ErrorMessage, errorsOf } from '../errors.ts'

export const startErrors = errorsOf({
  ARC6760: {
    text: (p) => `the weights ${p.file} cannot be read: ${p.reason}`,
    hint: () =>
      'expected: a folder of a run or a checkpoint of arcc, a safetensors file, or a file of torch.save that holds a state dict',
  } satisfies ErrorMessage<{ file: string; reason: string }>,
  ARC6761: {
    text: (p) => `${p.file} is not a sound file of torch.save: ${p.reason}`,
    hint: () => 'the file is truncated or damaged: copy it again, and compare its size and hash with the original',
  } satisfies ErrorMessage<{ file: string; reason: string }>,
  ARC6762: {
    text: (p) =>
      `${p.file} names ${p.global}, which is not a part of a state dict: arcc reads tensors without executing code`,
    hint: () => 'save only the tensors: torch.save(model.state_dict(), "weights.pt")',
  } satisfies ErrorMessage<{ file: string; global: string }>,
})
