/** Example parameters of ARC680x and ARC681x: errors of exports to ONNX. */
import type { onnxErrors } from '../../runtime/export/onnx/messages.ts'
import type { Examples } from './render.ts'

const file = 'weights/r18.pt'

export const onnxExamples: Examples<typeof onnxErrors.catalogue> = {
  ARC6800: [{ op: 'iota', place: 'blocks.0', reason: 'which only the orders of tokens in training have' }],
  ARC6801: [{ place: 'layer1.0', reason: 'and not only in the size of a dim' }],
  ARC6802: [{ file, tensors: ['conv1.weight'] }],
  ARC6803: [{ path: 'r18.onnx' }, { path: 'r18.onnx.partial' }],
  ARC6804: [{ path: 'r18.onnx', reason: 'the disk is full' }],
  ARC6805: [
    {
      tried: [
        'the npm package onnxruntime-node is not installed',
        "python3: ModuleNotFoundError: No module named 'onnxruntime'",
      ],
    },
  ],
  ARC6806: [{ version: '1.16.0 (python3)', reason: 'Unsupported model IR version: 10, max supported IR version: 9' }],
  ARC6807: [{ deviation: '0.0031', tolerance: 1e-4 }],
  ARC6808: [{ folder: 'pictures', reason: 'it has no files' }],
  ARC6809: [{ bytes: '3.0 GB' }],
  ARC6810: [{ file, tensors: ['bn1.running_var'] }],
  ARC6811: [
    { whose: 'the exported network', type: 'f16' },
    { whose: "arcc's engine", type: 'f32' },
  ],
}
