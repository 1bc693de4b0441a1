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
  ARC6763: {
    text: (p) =>
      `${p.file} does not fit the backbone \`${p.backbone}\`, ${p.fits === 0 ? 'none' : p.fits} of whose tensors it has: ${p.faults.join('; ')}`,
    hint: (p) =>
      p.fits === 0
        ? 'declare the backbone that the weights belong to, with its names'
        : 'declare the backbone that the weights belong to, or leave the parts out that differ: weights("…", except: ["fc", "features"])',
  } satisfies ErrorMessage<{ file: string; backbone: string; faults: readonly string[]; fits: number }>,
  ARC6764: {
    text: (p) => `${p.file} has the network more than once: ${p.places.join(', ')}`,
    hint: () => 'save the one that is meant by itself: torch.save(checkpoint["state_dict"], "weights.pt")',
  } satisfies ErrorMessage<{ file: string; places: readonly string[] }>,
  ARC6765: {
    text: (p) => `the centers cannot be taken from ${p.file}: ${p.reason}`,
    hint: () =>
      'expected: one matrix of a row per class, named `weight` (arcface_torch) or `centers` (arcc), or a file of that tensor alone',
  } satisfies ErrorMessage<{ file: string; reason: string }>,
  ARC6766: {
    text: (p) => `the centers of the ranks in ${p.folder} do not belong together: ${p.reason}`,
    hint: () => 'copy the files of all ranks of one run, and of one moment, into one folder',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6767: {
    text: (p) => `${p.from} has the centers of ${p.old} classes, but the data set has ${p.classes}`,
    hint: () =>
      'say which class keeps which center, with a list of lines `class,old class`: weights(…, classes: "map.csv")\nor give all classes new centers: weights(…, fresh_centers: true)',
  } satisfies ErrorMessage<{ from: string; old: number; classes: number }>,
  ARC6768: {
    text: (p) => `the class map ${p.file} is wrong: ${p.faults.join('; ')}`,
    hint: () =>
      'a line has a class of the data set, by name or number, and an old class, by number, or `none` for a new center; `*,none` stands for all other classes',
  } satisfies ErrorMessage<{ file: string; faults: readonly string[] }>,
  ARC6769: {
    text: (p) => `\`${p.field}\` of \`weights\` has no effect: ${p.reason}`,
    hint: (p) => `omit \`${p.field}\`, or name the file of the centers: weights(…, centers: "checkpoint_gpu_0.pt")`,
  } satisfies ErrorMessage<{ field: string; reason: string }>,
  ARC6770: {
    text: (p) => `${p.file} has numbers that are not finite: ${p.tensors.join(', ')}`,
    hint: () => 'the training that wrote it had diverged; use an earlier checkpoint',
  } satisfies ErrorMessage<{ file: string; tensors: readonly string[] }>,
  ARC6771: {
    text: (p) => `\`except\` of \`weights\` names ${p.path}, but neither the backbone nor ${p.file} has tensors there`,
    hint: (p) =>
      p.meant === '' ? 'paths are those of the tensors, such as "fc" or "layer4.2"' : `did you mean "${p.meant}"?`,
  } satisfies ErrorMessage<{ path: string; file: string; meant: string }>,
  ARC6772: {
    text: (p) => `the location of the weights is unknown: ${p.pending} is not set`,
    hint: () => 'set it, or give the path: --set train.start=\'weights("…")\'',
  } satisfies ErrorMessage<{ pending: string }>,
  ARC6773: {
    text: (p) => `the optimizer's state cannot be kept from ${p.file}: ${p.reason}`,
    hint: () => 'omit `keep_optimizer`: the state then starts anew, which is usual when classes or data change',
  } satisfies ErrorMessage<{ file: string; reason: string }>,
})
