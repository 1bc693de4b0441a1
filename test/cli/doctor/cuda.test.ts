/** The doctor's findings about NVIDIA GPUs on computers with and without them. */
import { expect, test } from 'vitest'
import { renderFindings } from '../../../cli/commands/doctor.ts'
import { type CudaFacts, cudaFindings } from '../../../cli/doctor/cuda.ts'
import { documentLook } from '../../../cli/render/look.ts'
import type { CudaGpu, FoundDriver } from '../../../runtime/cuda/driver.ts'
import type { CudaInstallation } from '../../../runtime/cuda/libraries.ts'
import { librariesOf } from '../../../runtime/cuda/library-table.ts'

const gib = 2 ** 30
const gpu = (index: number, more: Partial<CudaGpu> = {}): CudaGpu => ({
  index,
  name: 'NVIDIA H100 80GB HBM3',
  memory: 79 * gib,
  compute: [9, 0],
  free: 78 * gib,
  ...more,
})

const driver: FoundDriver = { found: true, version: '580.159.04', cuda: [13, 0], gpus: [gpu(0)], nvlink: false }

const installation: CudaInstallation = {
  source: 'arcc',
  plugin: '/cache/cuda/jax_plugins/xla_cuda12/xla_cuda_plugin.so',
  dataFolder: '/cache/cuda/nvidia/cuda_nvcc',
  ptxas: true,
  libdevice: true,
  cudaMajor: 12,
  libraries: librariesOf(12).map(({ name, file }) => ({ name, path: `/cache/cuda/${file}` })),
}

const facts: CudaFacts = { driver, installation, trouble: undefined, elsewhere: [], toFetch: 2e9 }

const without = (...names: readonly string[]): CudaInstallation => ({
  ...installation,
  libraries: installation.libraries.map((one) => (names.includes(one.name) ? { ...one, path: undefined } : one)),
})

function shown(changes: Partial<CudaFacts>): string {
  return renderFindings(cudaFindings({ ...facts, ...changes }), documentLook).join('\n')
}

const fails = (changes: Partial<CudaFacts>) =>
  cudaFindings({ ...facts, ...changes }).some(({ status }) => status === 'fail')

test('one GPU, all there', () => {
  expect(shown({})).toMatchInlineSnapshot(`
    " ok   nvidia      driver 580.159.04, CUDA up to 13.0, 1 GPU
     ok   gpu 0       NVIDIA H100 80GB HBM3, 78.0 GiB free of 79.0 GiB, compute 9.0
     ok   cuda        CUDA 12 for XLA, arcc's own: /cache/cuda/jax_plugins/xla_cuda12/xla_cuda_plugin.so
     ok   cuda parts  cudart, cublas, cublasLt, cudnn, nvrtc, nvjitlink
     ok   nccl        found, for several GPUs
     ok   ptxas       ptxas and libdevice in /cache/cuda/nvidia/cuda_nvcc"
  `)
})

test('one card that is too old and one that is not, and no libraries', () => {
  const gpus = [gpu(0), gpu(1, { name: 'Tesla P100', compute: [6, 0] })]
  expect(shown({ driver: { ...driver, gpus, nvlink: true }, installation: undefined })).toMatchInlineSnapshot(`
    " ok   nvidia  driver 580.159.04, CUDA up to 13.0, 2 GPUs, connected by NVLink
     ok   gpu 0   NVIDIA H100 80GB HBM3, 78.0 GiB free of 79.0 GiB, compute 9.0
    FAIL  gpu 1   Tesla P100, 78.0 GiB free of 79.0 GiB, compute 6.0: arcc's libraries need compute 7.0 or newer
    warn  cuda    no libraries yet; the first run on a GPU installs them (1.86 GiB to download: the XLA plugin, cudart, cublas, cudnn, nvrtc, nvjitlink, nccl, ptxas, libdevice)
                  fix: run "arcc install cuda""
  `)
})

test('two GPUs, parts missing', () => {
  const lacking = { ...without('nccl', 'cudnn', 'nvrtc'), ptxas: false }
  const changes = { driver: { ...driver, gpus: [gpu(0), gpu(1)] }, installation: lacking, elsewhere: ['nvrtc'] }
  expect(shown(changes)).toMatchInlineSnapshot(`
    " ok   nvidia      driver 580.159.04, CUDA up to 13.0, 2 GPUs, connected by PCIe
     ok   gpu 0       NVIDIA H100 80GB HBM3, 78.0 GiB free of 79.0 GiB, compute 9.0
     ok   gpu 1       NVIDIA H100 80GB HBM3, 78.0 GiB free of 79.0 GiB, compute 9.0
     ok   cuda        CUDA 12 for XLA, arcc's own: /cache/cuda/jax_plugins/xla_cuda12/xla_cuda_plugin.so
    FAIL  cuda parts  missing: cudnn; found: cudart, cublas, cublasLt, nvrtc, nvjitlink
                      fix: run "arcc install cuda"
    FAIL  nccl        missing; needed for two or more GPUs
                      fix: run "arcc install cuda"
    FAIL  ptxas       ptxas missing; needed by XLA's compiler
                      fix: run "arcc install cuda""
  `)
})

test('a computer without a driver is in order', () => {
  const none: CudaFacts['driver'] = { found: false, reason: 'no-library', detail: 'no NVIDIA driver is installed' }
  expect(shown({ driver: none, installation: undefined })).toMatchInlineSnapshot(`
    "skip  nvidia  no NVIDIA driver is installed; GPUs cannot be used
                  fix: for NVIDIA GPUs, install driver 525 or newer, then run "arcc install cuda"
    skip  cuda    no libraries; GPUs need 1.86 GiB to download: the XLA plugin, cudart, cublas, cudnn, nvrtc, nvjitlink, nccl, ptxas, libdevice
                  fix: run "arcc install cuda""
  `)
  expect(fails({ driver: none, installation: undefined })).toBe(false)
  expect(fails({ driver: none, installation: without('cudnn') })).toBe(false)
  expect(fails({ driver: none, trouble: { text: 'plugin.so is damaged', fix: undefined } })).toBe(false)
  expect(shown({ driver: none, installation: undefined, toFetch: undefined })).toContain(
    'not published for this platform',
  )
})

test.each<[string, Partial<CudaFacts>, string]>([
  ['too old', { driver: { ...driver, version: '470.1', cuda: [11, 4] } }, 'install driver 525 or newer'],
  ['that fails', { driver: { found: false, reason: 'failed', detail: 'cuInit failed' } }, 'check "nvidia-smi"'],
  ['damaged', { trouble: { text: 'plugin.so is damaged', fix: 'run "arcc install cuda"' } }, 'is damaged'],
])('a failure: %s', (_, changes, text) => {
  expect(fails(changes)).toBe(true)
  expect(shown(changes)).toContain(text)
})
