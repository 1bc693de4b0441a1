/**
 * What TensorFlow.js on TensorFlow is made of: the published binding `@tensorflow/tfjs-node`, N-API's headers, TensorFlow's C library
 * from its wheel, and for GPUs NVIDIA's libraries. All are pinned by version and SHA-256.
 *
 * Of the wheels only the libraries and the headers of the C API are unpacked. The wheel for CUDA looks for NVIDIA's libraries in
 * `../nvidia/NAME/lib`, where their own wheels put them; it wants what its metadata lists for `tensorflow[and-cuda]`: CUDA 12.5 or
 * newer 12, cuDNN 9.3 or newer 9, NCCL 2.27.7 or newer.
 */
import { cudaLibraries } from '../../cuda/wheels.ts'
import { entryFor, hostPlatform, type PlatformName, type WheelEntry } from '../../plugins/plugin-table.ts'
import type { WheelSet } from '../../wheels/install-wheels.ts'
import { nativeErrors } from './errors.ts'

/** The version for processors, and the one for NVIDIA GPUs; the names of `arcc install`. */
export type NativeVariant = 'tfjs' | 'tfjs-gpu'

export interface NativeSet extends WheelSet {
  readonly install: NativeVariant
  /** TensorFlow's version. */
  readonly version: string
}

const platform = 'linux-x64'

/** The JavaScript of the kernels and the C++ of the binding; the package for GPUs has the same files. */
export const bindingPackage: WheelEntry = {
  platform,
  registry: 'npm',
  wheel: '@tensorflow/tfjs-node',
  version: '4.22.0',
  file: 'tensorflow-tfjs-node-4.22.0.tgz',
  bytes: 228166,
  keep: ['package/dist/', 'package/binding/', 'package/package.json'],
  unpacked: 1236525,
  sha256: 'd38a448a705efc6e655a080f896b3af646ae39dffbfe9c90b06cb9fc3a2b9358',
  library: 'package/dist/nodejs_kernel_backend.js',
}

/** A binding built with them runs in every newer Node.js. */
export const headersPackage: WheelEntry = {
  platform,
  registry: 'npm',
  wheel: 'node-api-headers',
  version: '1.9.0',
  file: 'node-api-headers-1.9.0.tgz',
  bytes: 16974,
  keep: ['package/include/', 'package/LICENSE', 'package/package.json'],
  unpacked: 52786,
  sha256: '6cbfac49542194ae2c8f1dee5fa2dc00d66bec9cbf3b59e3a4e5f16d14eb0d19',
  library: 'package/include/node_api.h',
}

const cLibrary = {
  platform,
  version: '2.21.0',
  python: '3.12',
  keep: [
    'tensorflow/libtensorflow_',
    'tensorflow/include/tensorflow/c/',
    'tensorflow/include/tensorflow/core/platform/ctstring',
    'tensorflow/include/tsl/platform/ctstring',
    'tensorflow/include/xla/tsl/c/',
  ],
  library: 'tensorflow/libtensorflow_cc.so.2',
} as const

const tensorflowCpu: WheelEntry = {
  ...cLibrary,
  wheel: 'tensorflow-cpu',
  file: 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
  bytes: 274000871,
  unpacked: 855539928,
  sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
}

const tensorflowCuda: WheelEntry = {
  ...cLibrary,
  wheel: 'tensorflow',
  file: 'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl',
  bytes: 572611111,
  unpacked: 1262331751,
  sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
}

/** NVIDIA's libraries that TensorFlow opens and XLA does not. */
const moreCuda: readonly WheelEntry[] = [
  {
    platform,
    wheel: 'nvidia-cuda-cupti-cu12',
    version: '12.9.79',
    file: 'nvidia_cuda_cupti_cu12-12.9.79-py3-none-manylinux_2_25_x86_64.whl',
    bytes: 10814997,
    unpacked: 44603912,
    sha256: '096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
    library: 'nvidia/cuda_cupti/lib/libcupti.so.12',
  },
  {
    platform,
    wheel: 'nvidia-cufft-cu12',
    version: '11.4.1.4',
    file: 'nvidia_cufft_cu12-11.4.1.4-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    bytes: 200877592,
    unpacked: 293721862,
    sha256: 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    library: 'nvidia/cufft/lib/libcufft.so.11',
  },
  {
    platform,
    wheel: 'nvidia-curand-cu12',
    version: '10.3.10.19',
    file: 'nvidia_curand_cu12-10.3.10.19-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 68295626,
    unpacked: 169133682,
    sha256: '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
    library: 'nvidia/curand/lib/libcurand.so.10',
  },
  {
    platform,
    wheel: 'nvidia-cusolver-cu12',
    version: '11.7.5.82',
    file: 'nvidia_cusolver_cu12-11.7.5.82-py3-none-manylinux_2_27_x86_64.whl',
    bytes: 338117415,
    unpacked: 495296462,
    sha256: '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    library: 'nvidia/cusolver/lib/libcusolver.so.11',
  },
  {
    platform,
    wheel: 'nvidia-cusparse-cu12',
    version: '12.5.10.65',
    file: 'nvidia_cusparse_cu12-12.5.10.65-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
    bytes: 366465088,
    unpacked: 486917707,
    sha256: '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    library: 'nvidia/cusparse/lib/libcusparse.so.12',
  },
]

/** The packages of a variant. Throws ARC6932 for a platform on which arcc does not build it. */
export function nativePackages(variant: NativeVariant, host: PlatformName = hostPlatform()): NativeSet {
  const tensorflow = variant === 'tfjs' ? tensorflowCpu : tensorflowCuda
  if (entryFor([tensorflow], host) === undefined) throw nativeErrors('ARC6932', { platform: host, known: platform })
  const cuda = variant === 'tfjs' ? [] : [...cudaLibraries(host), ...moreCuda]
  return {
    install: variant,
    title: variant === 'tfjs' ? 'TensorFlow' : 'TensorFlow for CUDA',
    folder: 'tfjs',
    name: `${variant === 'tfjs' ? 'cpu' : 'gpu'}-${tensorflow.version}-${host}`,
    version: tensorflow.version,
    wheels: [bindingPackage, headersPackage, tensorflow, ...cuda].sort((a, b) => a.bytes - b.bytes),
  }
}

/** Whether arcc can build it on a platform. */
export function hasNativePackages(host: PlatformName = hostPlatform()): boolean {
  return host === platform
}
