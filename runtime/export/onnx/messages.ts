/** Errors of exports to ONNX, ARC680x. */
import { type ErrorMessage, errorsOf } from '../../errors.ts'
import type { ModelType } from './choices.ts'

export const onnxErrors = errorsOf({
  ARC6800: {
    text: (p) => `the network cannot be written as ONNX: ${p.place} has the operation ${p.op}, ${p.reason}`,
    hint: () =>
      'write this part of the backbone with other functions, or in training only: if training() then … else x',
  } satisfies ErrorMessage<{ op: string; place: string; reason: string }>,
  ARC6801: {
    text: (p) => `the network cannot be written as ONNX: ${p.place} depends on the number of images, ${p.reason}`,
    hint: () =>
      'write it so that each image is computed by itself: `x.batch` may stand only in the first dim of a shape',
  } satisfies ErrorMessage<{ place: string; reason: string }>,
  ARC6802: {
    text: (p) => `${p.file} has numbers that an element of f16 cannot hold: ${p.tensors.join(', ')}`,
    hint: () => 'export without --f16',
  } satisfies ErrorMessage<{ file: string; tensors: readonly string[] }>,
  ARC6803: {
    text: (p) => `${p.path} exists`,
    hint: (p) =>
      p.path.endsWith('.partial')
        ? 'arcc writes there first, and it has files of others: move them away, or choose another name'
        : 'choose another name, or replace it with --force',
  } satisfies ErrorMessage<{ path: string }>,
  ARC6804: {
    text: (p) => `${p.path} cannot be written: ${p.reason}`,
    hint: () => 'a full disk, a missing folder or missing permissions are the usual causes',
  } satisfies ErrorMessage<{ path: string; reason: string }>,
  ARC6805: {
    text: (p) => `the export cannot be checked: ONNX Runtime is missing (${p.tried.join('; ')})`,
    hint: () =>
      'install it for Python, pip install onnxruntime numpy, and name that Python with --python; or for Node.js, npm install --ignore-scripts onnxruntime-node\nor export unchecked, with --no-check',
  } satisfies ErrorMessage<{ tried: readonly string[] }>,
  ARC6806: {
    text: (p) => `ONNX Runtime ${p.version} does not run the exported network: ${p.reason}`,
    hint: () => 'nothing was written; a newer ONNX Runtime may run it, and --no-check writes it unchecked',
  } satisfies ErrorMessage<{ version: string; reason: string }>,
  ARC6807: {
    text: (p) =>
      `the exported network differs from arcc's: by ${p.deviation} of the norm of an embedding, and ${p.tolerance} is allowed`,
    hint: () => 'nothing was written; --tolerance allows more, and --f16 is less exact than f32',
  } satisfies ErrorMessage<{ deviation: string; tolerance: number }>,
  ARC6808: {
    text: (p) => `the pictures for the check, ${p.folder}, cannot be used: ${p.reason}`,
    hint: () => 'expected: a folder of pictures of aligned faces, of which the first 8 are used',
  } satisfies ErrorMessage<{ folder: string; reason: string }>,
  ARC6809: {
    text: (p) => `with ${p.bytes} of weights the network does not fit one file: ONNX allows 2 GB`,
    hint: () => 'leave --no-external out, or write half as many bytes with --f16',
  } satisfies ErrorMessage<{ bytes: string }>,
  ARC6810: {
    text: (p) => `${p.file} has variances that no numbers can have: ${p.tensors.join(', ')}`,
    hint: () =>
      'running variances are 0 or more; the file is damaged, or its training had diverged: use an earlier checkpoint',
  } satisfies ErrorMessage<{ file: string; tensors: readonly string[] }>,
  ARC6811: {
    text: (p) => `the embeddings of ${p.whose} are not finite`,
    hint: (p) =>
      p.type === 'f16'
        ? 'nothing was written: numbers inside of the network exceed 65504, the largest of f16; export without --f16'
        : 'nothing was written: the file is damaged, or its training had diverged; use an earlier checkpoint',
  } satisfies ErrorMessage<{ whose: string; type: ModelType }>,
})
