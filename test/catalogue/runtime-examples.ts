/** Example parameters of ARC6xxx: errors of devices, files and data. */
import type { usageErrors } from '../../cli/host/messages.ts'
import type { networkErrors } from '../../cli/host/network/messages.ts'
import type { placementErrors } from '../../runtime/backend/messages.ts'
import type { cudaError } from '../../runtime/cuda/errors.ts'
import type { alignErrors } from '../../runtime/data/align/messages.ts'
import type { dataErrors } from '../../runtime/data/messages.ts'
import type { packErrors } from '../../runtime/data/pack/messages.ts'
import type { allToAllErrors } from '../../runtime/evaluate/all-to-all/messages.ts'
import type { ijbErrors } from '../../runtime/evaluate/ijb/messages.ts'
import type { evaluateErrors } from '../../runtime/evaluate/messages.ts'
import type { tensorFileErrors } from '../../runtime/safetensors-header.ts'
import type { tfjsError } from '../../runtime/tfjs/errors.ts'
import type { nativeErrors } from '../../runtime/tfjs/native/errors.ts'
import type { hangErrors } from '../../runtime/train/failure/messages.ts'
import type { trainErrors } from '../../runtime/train/messages.ts'
import type { wheelErrors } from '../../runtime/wheels/errors.ts'
import type { xlaError } from '../../runtime/xla/pjrt/errors.ts'
import type { storeErrors } from '../../runtime/xla/store/errors.ts'
import type { Examples } from './render.ts'

export const xlaExamples: Examples<typeof xlaError.catalogue> = {
  ARC6001: [{ platform: 'win32-x64', known: 'linux-x64 and darwin-arm64' }],
  ARC6002: [{ command: 'python3 -m pip', reason: 'this Python has no pip' }],
  ARC6003: [{ requirement: 'jaxlib==0.4.38', output: 'ERROR: no matching distribution' }],
  ARC6004: [{ file: 'jaxlib.whl', expected: '1111', found: '2222' }],
  ARC6005: [{ path: 'plugin.so', reason: 'GetPjrtApi gives nothing' }],
  ARC6006: [{ method: 'PJRT_Client_Compile', version: '0.40' }],
  ARC6007: [{ wanted: 8, found: 1, platform: 'cuda' }],
  ARC6008: [{ path: '/var/cache/arcc', reason: 'permission denied' }],
  ARC6010: [
    { method: 'PJRT_Client_Compile', status: 'INVALID_ARGUMENT', message: 'unknown op' },
    { method: 'PJRT_LoadedExecutable_Execute', status: 'RESOURCE_EXHAUSTED', message: 'out of memory' },
  ],
  ARC6011: [{ device: 'cpu' }],
  ARC6012: [{ device: 'own', compute: '7.5', memory: '16.0 GiB', known: 'Tesla V100-SXM2-32GB (7.0, 31.7 GiB)' }],
  ARC6013: [{ platform: 'darwin-arm64', known: 'linux-x64 and linux-arm64' }],
  ARC6014: [{ program: 'training step', message: 'unknown op', place: ' (small.arc:3:1)' }],
  ARC6015: [{ reason: 'SIGKILL' }],
}

export const storeExamples: Examples<typeof storeErrors.catalogue> = {
  ARC6880: [{ reason: 'none runs here: cc, gcc, clang' }],
  ARC6881: [{ address: '10.0.0.1:29400', reason: 'Connection refused' }],
  ARC6882: [
    { what: 'the devices of rank 1', reason: ' did not come in time' },
    { what: "NCCL's id of rank 0", reason: ': Connection reset by peer' },
  ],
  ARC6883: [{ found: 'rank 0 has 8, rank 1 has 4', wanted: 8 }],
}

export const hangExamples: Examples<typeof hangErrors.catalogue> = {
  ARC6725: [
    { what: 'step 12', seconds: 1800 },
    { what: 'reading the pictures of a step', seconds: 10 },
  ],
}

export const tfjsExamples: Examples<typeof tfjsError.catalogue> = {
  ARC6020: [{ backend: 'node', package: '@tensorflow/tfjs-node', reason: 'not installed' }],
  ARC6021: [{ graph: 'step', value: 'add f64[3]' }],
}

export const nativeExamples: Examples<typeof nativeErrors.catalogue> = {
  ARC6932: [{ platform: 'darwin-arm64', known: 'linux-x64' }],
  ARC6933: [{ instructions: 'AVX' }],
  ARC6934: [{ tried: 'c++, g++, clang++' }, { tried: 'CXX is icpx' }],
  ARC6935: [{ compiler: 'g++ 4.8.5', reason: "g++: error: unrecognized command line option '-std=c++17'" }],
  ARC6936: [{ path: 'tfjs_binding.node', reason: 'libstdc++.so.6 is too old', install: 'tfjs' }],
  ARC6937: [{ install: 'tfjs' }],
  ARC6938: [{ given: 'gpu', known: 'cpu, native, native-gpu, node, node-gpu' }],
}

export const cudaExamples: Examples<typeof cudaError.catalogue> = {
  ARC6030: [{ platform: 'win32-x64', known: 'linux-x64 and linux-arm64' }],
  ARC6031: [{ version: '535.54', cuda: '12.2' }],
  ARC6033: [{ what: 'library nccl', file: 'libnccl.so.2' }],
  ARC6035: [{ what: 'library nvrtc', path: 'libnvrtc.so.12', reason: 'cannot open shared object file' }],
}

export const wheelExamples: Examples<typeof wheelErrors.catalogue> = {
  ARC6032: [{ what: 'CUDA', path: '/var/cache/arcc', free: 100, needed: 3 * 2 ** 30 }],
  ARC6034: [
    { path: 'libcublas.so.12', reason: 'it has 10 bytes', install: 'cuda' },
    { path: 'tfjs_binding.node', reason: 'it has 10 bytes', install: 'tfjs' },
  ],
  ARC6036: [{ what: 'CUDA', path: '/var/cache/arcc/cuda', reason: 'permission denied' }],
  ARC6930: [{ reason: 'no such file or folder' }],
  ARC6931: [{ requirement: '@tensorflow/tfjs-node@4.22.0', output: 'npm error code ENOTFOUND' }],
}

const wants = {
  machine: '`dgx_v100` (8 × NVIDIA V100 SXM2 32 GB)',
  ways: "--emulate                tries it on 8 virtual devices\n--set machine='local()'  plans and runs it for this computer",
}

export const placementExamples: Examples<typeof placementErrors.catalogue> = {
  ARC6050: [{ ...wants, found: 'no NVIDIA driver is installed' }],
  ARC6051: [
    { ...wants, version: ' (470.82)', cuda: '11.4', least: 12, driver: 525 },
    { ...wants, version: '', cuda: '11.4', least: 12, driver: 525 },
  ],
  ARC6052: [{ ...wants, found: 2, wanted: 8, gpus: '2 × NVIDIA V100' }],
  ARC6053: [
    { ...wants, memory: '31.7 GiB', enough: 'none', gpus: '8 × NVIDIA V100 16 GB' },
    { ...wants, memory: '31.7 GiB', enough: 'only 2', gpus: '8 × NVIDIA V100 16 GB' },
  ],
  ARC6054: [{ ...wants, nodes: 2 }],
  ARC6055: [wants],
  ARC6056: [{ path: 'plugin.so', kind: 'cuda', message: 'unexpected option name' }],
  ARC6057: [{ message: 'no visible GPU devices' }],
  ARC6870: [{ nodes: 2 }],
  ARC6871: [
    { machine: '`dgx_h100` (8 × NVIDIA H100)', planned: 1, nodes: 2, ways: '--nodes 1  runs on this computer alone' },
    { machine: '`dgx_h100` (2 × 8 × NVIDIA H100)', planned: 2, nodes: 3, ways: '--nodes 2  as many as the plan has' },
  ],
  ARC6874: [{ machine: '`dgx_h100` (2 × 8 × NVIDIA H100)', gpus: '8 × NVIDIA H200 (141 GiB)', nodes: 2 }],
}

export const dataExamples: Examples<typeof dataErrors.catalogue> = {
  ARC6201: [{ folder: 'faces', reason: 'no such file or folder' }],
  ARC6202: [
    { folder: 'faces', seen: 'nothing', records: 0 },
    { folder: 'faces', seen: 'train.rec, 2 files that are not pictures', records: 1 },
  ],
  ARC6203: [{ set: 'faces', people: 5, holdout: 5 }],
  ARC6204: [{ file: 'ann/1.jpg', starts: '47 49 46' }],
  ARC6205: [{ file: 'ann/1.jpg', reason: 'it has 2 of 6 bytes' }],
  ARC6206: [{ file: 'train.rec', reason: 'no such file or folder' }],
  ARC6207: [{ what: 'same', asked: 7, most: 6, set: 'faces' }],
  ARC6208: [{ images: 50, batch: 51 }],
  ARC6220: [{ file: 'train.rec', at: 40, reason: 'its magic number is 0' }],
  ARC6222: [{ file: 'train.rec', at: 40, label: 7, first: 0, last: 4 }],
  ARC6230: [{ file: 'lfw.bin', at: 6, reason: 'no pair of lists' }],
  ARC6231: [{ file: 'evil.bin', global: 'posix.system' }],
  ARC6233: [{ file: 'ann/1.jpg', what: 'a web page, not a picture', fix: 'download the file again' }],
  ARC6234: [
    { file: 'lfw.bin', faults: ['flag 17 is 2: expected true or false', 'it has 6 pairs: ten folds need ten pairs'] },
  ],
  ARC6260: [{ file: 'ann/1.jpg', reason: 'it exited with code 3' }],
  ARC6261: [{ file: 'ann/1.jpg', reason: 'its pixel data ends too early', damaged: 18, most: 17, images: 17_000 }],
  ARC6262: [{ file: 'libturbojpeg.so', reason: 'it decodes a 4:2:0 sample differently' }],
  ARC6265: [{ value: 'fast' }],
  ARC6263: [{ file: 'ann/1.jpg', reason: 'Array buffer allocation failed' }],
  ARC6280: [{ file: 'lfw.bin', what: 'a pickled dictionary' }],
  ARC6240: [
    { set: 'faces', faults: ['train.idx is empty; copy it again'] },
    { set: 'faces', faults: ['train.idx is empty; copy it again', 'all pictures have label 0'] },
  ],
  ARC6241: [
    { folder: 'faces', people: ['train'], meant: 'faces/train' },
    { folder: 'faces', people: ['ann'], meant: '' },
    { folder: 'faces', people: ['train', 'val'], meant: 'faces/train' },
  ],
  ARC6242: [
    { root: 'faces', seen: 'train.idx, property', fix: 'train.idx is only the index; copy the .rec file as well' },
  ],
}

export const packExamples: Examples<typeof packErrors.catalogue> = {
  ARC6410: [{ file: 'out/train.rec', reason: 'the disk is full' }],
  ARC6411: [{ file: 'out/train.rec' }],
  ARC6412: [{ folder: '/data', needed: '3.97 MiB', free: '1.00 MiB' }],
  ARC6413: [{ picture: 'ann/1.tif', bytes: 536870912 }],
  ARC6414: [
    { what: 'classes', count: 20000000 },
    { what: 'pictures and classes', count: 17451890 },
  ],
  ARC6415: [{ set: 'faces', asked: 30, classes: 30 }],
  ARC6416: [{ file: 'faces/train.rec' }],
  ARC6417: [{ set: 'class 3 of faces' }],
  ARC6418: [{ file: 'pairs.csv', set: 'faces' }],
}

export const verificationExamples: Examples<typeof evaluateErrors.catalogue> = {
  ARC6301: [{ dim: 3, which: 'mirrored picture', index: 7, value: Number.NaN }],
  ARC6302: [{ same: 6, different: 0 }],
}

export const alignExamples: Examples<typeof alignErrors.catalogue> = {
  ARC6340: [{ file: 'ijbc/loose_crop/7.jpg' }],
}

export const ijbExamples: Examples<typeof ijbErrors.catalogue> = {
  ARC6341: [
    { root: 'ijbc', set: 'IJB-C', subset: 'ijbc', faults: ['there is no folder ijbc/loose_crop'] },
    {
      root: 'ijbc',
      set: 'IJB-C',
      subset: 'ijbc',
      faults: [
        'meta/ijbc_name_5pts_score.txt line 7: the five points are all one point',
        'meta/ijbc_template_pair_label.txt line 9: no picture is in template 99',
        '41 more unknown templates in meta/ijbc_template_pair_label.txt',
      ],
    },
  ],
  ARC6342: [{ root: 'ijb', first: 'ijb/meta/ijbb_face_tid_mid.txt', second: 'ijb/meta/ijbc_face_tid_mid.txt' }],
  ARC6343: [{ root: 'ijb' }],
  ARC6345: [{ root: 'ijbc', file: 'ijbc/meta/ijbc_1N_probe_mixed.csv' }],
}

export const allToAllExamples: Examples<typeof allToAllErrors.catalogue> = {
  ARC6350: [{ genuine: 0, impostors: 45 }],
  ARC6351: [{ needed: '40.2 GB', memory: '16 GB' }],
}

export const tensorFileExamples: Examples<typeof tensorFileErrors.catalogue> = {
  ARC6401: [{ file: 'w.safetensors', reason: 'it has 3 bytes' }],
  ARC6402: [{ file: 'w.safetensors', name: 'weight' }],
  ARC6403: [{ file: 'w.safetensors', name: 'count', dtype: 'I64' }],
  ARC6404: [
    { file: 'w.safetensors', action: 'read', reason: 'no such file or folder' },
    { file: 'w.safetensors', action: 'written', reason: 'the disk is full' },
  ],
}

export const trainExamples: Examples<typeof trainErrors.catalogue> = {
  ARC6501: [{ planned: 10, found: 12 }],
  ARC6502: [{ dataset: 'faces', pending: 'FACES' }],
  ARC6503: [{ dataset: 'faces' }],
  ARC6504: [{ loss: Number.NaN, step: 12 }],
  ARC6575: [
    { missed: ['verification.lfw.accuracy > 0.99, and it is 0.981'] },
    { missed: ['run.loss < 5, and it is 6.2', 'run.samples_per_second > 1000, and it is 812'] },
  ],
  ARC6506: [{ folder: 'runs/small-001' }],
  ARC6900: [{ folder: 'runs/small-001' }],
  ARC6720: [{ folder: 'runs/small-001', pid: 4711, host: 'node7' }],
  ARC6721: [{ folder: 'runs/small-001' }],
  ARC6723: [{ step: 12 }],
  ARC6724: [{ reason: 'the loss is NaN at step 12: training diverged', count: 3, most: 2 }],
  ARC6726: [{ folder: 'runs/small-001', reason: 'failure.json: no such file or folder' }],
  ARC6727: [{ folder: 'runs/small-001/failures/step-000012', reason: 'it ran on 2 devices, not on 4' }],
  ARC6728: [{ step: 11 }],
  ARC6722: [{ folder: 'runs/small-001', reason: 'the file system is read-only' }],
}

export const networkExamples: Examples<typeof networkErrors.catalogue> = {
  ARC6615: [
    { path: 'runs/glint-002', near: 'runs/glint-001' },
    { path: 'r50.pt', near: '' },
  ],
  ARC6616: [{ path: 'weights/own.pt' }],
  ARC6617: [{ file: 'exp/small.arc', folder: 'runs/small-001' }],
}

export const usageExamples: Examples<typeof usageErrors.catalogue> = {
  ARC6601: [
    { file: 'exp/smal.arc', near: 'exp/small.arc', folder: 'exp', others: ['small.arc'] },
    { file: 'exp/r50.arc', near: '', folder: 'exp', others: ['large.arc', 'small.arc'] },
    { file: 'exp/r50.arc', near: '', folder: 'exp', others: [] },
  ],
  ARC6619: [
    { folder: 'exp', files: ['large.arc', 'small.arc'] },
    { folder: 'exp', files: [] },
  ],
  ARC6602: [{ folder: 'runs/small-001' }],
  ARC6603: [{ folder: 'exp' }],
  ARC6604: [
    { path: 'faces', near: 'face' },
    { path: 'faces', near: '' },
  ],
  ARC6605: [{ file: 'faces.zip', endings: ['.rec', '.csv'] }],
  ARC6606: [{ option: '--augmented', source: 'faces' }],
  ARC6607: [{ file: 'pairs.txt', endings: ['.bin', '.csv'] }],
  ARC6608: [{ side: 112 }],
  ARC6609: [{ pairs: 30, unit: 20, near: 40 }],
  ARC6614: [{ file: 'exp/small.arc', found: 'it is UTF-16' }],
  ARC6610: [{ file: 'machine.yaml' }],
  ARC6611: [{ file: 'machine.yaml', reason: 'Nested mappings are not allowed at line 1, column 4' }],
  ARC6612: [{ file: 'machine.yaml', reason: '/cores must be integer' }],
  ARC6613: [{ unset: ['HOME', 'XDG_CONFIG_HOME'] }],
}
