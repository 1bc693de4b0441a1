/** XLA's plugins and the options of each kind of device, where no GPU is needed: what they refuse is said clearly. */
import { describe, expect, it } from 'vitest'
import { need } from '../../grammar/diagnostic.ts'
import type { DeviceRequest } from '../../runtime/backend/backend.ts'
import { backendOf } from '../../runtime/backend/backend-of.ts'
import { clientError } from '../../runtime/backend/client-error.ts'
import { findCudaDriver } from '../../runtime/cuda/driver.ts'
import { cachedPlugin } from '../../runtime/plugins/fetch-plugin.ts'
import { cudaPluginTable, entryFor, hostPlatform } from '../../runtime/plugins/plugin-table.ts'
import { oneProcess } from '../../runtime/world.ts'
import { PjrtClient } from '../../runtime/xla/pjrt/client.ts'
import { PjrtLibrary } from '../../runtime/xla/pjrt/library.ts'

const entry = entryFor(cudaPluginTable, hostPlatform())
const plugin = entry && (await cachedPlugin(entry))
const reason =
  plugin === undefined ? "XLA's CUDA plugin is not here" : findCudaDriver().found ? 'GPUs are here' : undefined

const gpu = { index: 0, name: 'a card', memory: 80e9, compute: [9, 0] } as const
const requests: Readonly<Record<string, DeviceRequest>> = {
  ARC6057: { kind: 'cuda', gpus: [gpu], memory: 78e9 },
  ARC6056: { kind: 'cpu', devices: 1 },
}

describe.skipIf(reason !== undefined)(
  `the CUDA plugin without a GPU${reason === undefined ? '' : ` (skipped: ${reason})`}`,
  () => {
    it.each(Object.entries(requests))('says %s', async (code, request) => {
      const path = need(plugin, 'a plugin')
      const { createOptions, kind } = backendOf(request, oneProcess(1))
      const refused = await PjrtClient.create(PjrtLibrary.load(path), 1, createOptions).catch((error: unknown) => error)
      expect(clientError(refused, { path, kind })).toMatchObject({ code })
    })
  },
)
