/** Example parameters of ARC676x and ARC677x: errors of weights that a run starts from. */
import type { startErrors } from '../../runtime/start/messages.ts'
import type { Examples } from './render.ts'

const file = 'weights/r18.pt'

export const startExamples: Examples<typeof startErrors.catalogue> = {
  ARC6760: [{ file, reason: 'no such file or folder' }],
  ARC6761: [{ file, reason: 'its member r18/data/7 does not have the checksum that the archive says' }],
  ARC6762: [{ file, global: 'backbones.iresnet.IResNet' }],
  ARC6763: [
    {
      file,
      backbone: 'r18',
      faults: ['1 missing: prelu.weight (perhaps relu.weight)', '1 left over: relu.weight'],
      fits: 120,
    },
    { file, backbone: 'r18', faults: ['1 missing: conv1.weight', '1 left over: stem.weight'], fits: 0 },
  ],
  ARC6764: [{ file, places: ['ema / …', 'online / …'] }],
  ARC6765: [{ file, reason: 'they have 256 columns, and an embedding has 512' }],
  ARC6766: [{ folder: 'weights', reason: 'of 8 ranks, checkpoint_gpu_3.pt is missing' }],
  ARC6767: [{ from: 'weights/checkpoint_gpu_0.pt', old: 10572, classes: 10592 }],
  ARC6768: [{ file: 'map.csv', faults: ['line 3: there is no old class 10600: they are 0 to 10571'] }],
  ARC6769: [{ field: 'classes', reason: 'there are no centers that classes could keep' }],
  ARC6770: [{ file, tensors: ['fc.weight'] }],
  ARC6771: [
    { path: 'featurs', file, meant: 'features' },
    { path: 'head', file, meant: '' },
  ],
  ARC6772: [{ pending: 'environment variable WEIGHTS' }],
  ARC6773: [{ file, reason: 'the classes are not the same' }],
}
