/** The output of `arcc install`. */
import { expect, test } from 'vitest'
import { describeDriver, installLine, renderInstalled } from '../../../cli/commands/install.ts'
import { documentLook } from '../../../cli/render/look.ts'
import type { InstallEvent } from '../../../runtime/wheels/install-wheels.ts'

const gib = 2 ** 30
const what = 'nvidia-cublas-cu12 12.9.3.13'
const overall = { wheel: 2, wheels: 3, bytes: gib, total: 2 * gib }

test.each<[InstallEvent, string]>([
  [
    { phase: 'download', what, bytes: 0, total: gib, overall },
    `download ${what}, 1.00 GiB   2 of 3, 1.00 GiB of 2.00 GiB in total`,
  ],
  [
    { phase: 'download', what, bytes: gib / 2, total: gib, overall },
    `download ${what}   ████████████░░░░░░░░░░░░ 50 % of 1.00 GiB   2 of 3, 1.00 GiB of 2.00 GiB in total`,
  ],
  [{ phase: 'unpack', what, overall }, `unpack ${what}   2 of 3, 1.00 GiB of 2.00 GiB in total`],
  [{ phase: 'download', what: 'CUDA, by another arcc (process 7)' }, 'download CUDA, by another arcc (process 7)'],
  [{ phase: 'ready', what: 'CUDA' }, 'ready CUDA'],
])('%j', (event, line) => {
  expect(installLine(event, documentLook)).toBe(line)
})

test('what is installed', () => {
  const found = [
    { group: 'cpu', what: 'XLA for the CPU', state: 'whole', path: '/c/plugins/x', bytes: 200 * 2 ** 20 },
    { group: 'cuda', what: 'CUDA for XLA', state: 'part', path: '/c/cuda/y.part', bytes: 3 * gib },
  ] as const
  expect(renderInstalled(found, documentLook).join('\n')).toMatchInlineSnapshot(`
    "name   what                            size   where
    cpu    XLA for the CPU              200 MiB   /c/plugins/x
    cuda   CUDA for XLA (incomplete)   3.00 GiB   /c/cuda/y.part"
  `)
  expect(renderInstalled([], documentLook)[0]).toContain('arcc install cuda')
})

test('the driver is described before 2 GB are downloaded', () => {
  const gpu = { index: 0, name: 'NVIDIA A100', memory: gib, compute: [8, 0] } as const
  expect(describeDriver({ found: true, version: '535.1', cuda: [12, 2], gpus: [gpu, gpu], nvlink: true })).toBe(
    'NVIDIA driver 535.1, CUDA 12.2: NVIDIA A100, NVIDIA A100',
  )
  expect(describeDriver({ found: false, reason: 'no-library', detail: 'no driver is installed' })).toContain(
    'no usable NVIDIA driver was found (no driver is installed); the libraries are installed anyway',
  )
})
