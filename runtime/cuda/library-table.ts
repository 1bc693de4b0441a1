/** NVIDIA's libraries that XLA opens by name, in JAX's opening order: each one after those it calls. */

export interface LibraryEntry {
  readonly name: string
  /** Its folder under `nvidia`, and its file in `lib` there. */
  readonly folder: string
  readonly file: string
  /** Which programs need it: all of arcc's, those on two or more GPUs, or none, so that it may be missing. */
  readonly wantedBy: 'all' | 'several' | 'none'
}

/** In CUDA 12, each library has its own folder; in CUDA 13, most share one. */
export function librariesOf(cudaMajor: 12 | 13): readonly LibraryEntry[] {
  const of = (name: string, own: string, files: readonly [string, string], wantedBy: LibraryEntry['wantedBy']) => ({
    name,
    folder: cudaMajor === 13 ? 'cu13' : own,
    file: cudaMajor === 13 ? files[1] : files[0],
    wantedBy,
  })
  return [
    of('cudart', 'cuda_runtime', ['libcudart.so.12', 'libcudart.so.13'], 'all'),
    of('nvrtc', 'cuda_nvrtc', ['libnvrtc.so.12', 'libnvrtc.so.13'], 'all'),
    of('nvjitlink', 'nvjitlink', ['libnvJitLink.so.12', 'libnvJitLink.so.13'], 'all'),
    of('cublasLt', 'cublas', ['libcublasLt.so.12', 'libcublasLt.so.13'], 'all'),
    of('cublas', 'cublas', ['libcublas.so.12', 'libcublas.so.13'], 'all'),
    { name: 'cudnn', folder: 'cudnn', file: 'libcudnn.so.9', wantedBy: 'all' },
    { name: 'nccl', folder: 'nccl', file: 'libnccl.so.2', wantedBy: 'several' },
    of('cupti', 'cuda_cupti', ['libcupti.so.12', 'libcupti.so.13'], 'none'),
    of('cusparse', 'cusparse', ['libcusparse.so.12', 'libcusparse.so.12'], 'none'),
    of('cusolver', 'cusolver', ['libcusolver.so.11', 'libcusolver.so.12'], 'none'),
    of('cufft', 'cufft', ['libcufft.so.11', 'libcufft.so.12'], 'none'),
    { name: 'nvshmem', folder: 'nvshmem', file: 'libnvshmem_host.so.3', wantedBy: 'none' },
  ]
}
