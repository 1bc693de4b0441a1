/**
 * A network without its experiment embeds pictures as its training did: its weights are saved, opened and loaded on other devices.
 *
 * Legend: two devices of two images each; images u8 [2,28,28,3], embeddings f32 [2,24].
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { networkPlan } from '../../../compiler/plan/network-plan.ts'
import { need } from '../../../grammar/diagnostic.ts'
import { embedImages } from '../../../runtime/evaluate/embed-pairs.ts'
import { loadNetwork } from '../../../runtime/network/load-network.ts'
import { networkShapes, openNetwork } from '../../../runtime/network/open-network.ts'
import { openSafetensors, stateDictFormat, writeSafetensors } from '../../../runtime/safetensors.ts'
import { networkStreams } from '../../../runtime/state/named-streams.ts'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { newState } from '../../../runtime/train/programs.ts'
import { oneProcess } from '../../../runtime/world.ts'
import { narrowText } from '../../helpers/narrow.ts'
import { planOf } from '../../helpers/plan.ts'
import { resolveText } from '../../helpers/resolve.ts'
import { temporaryFolder } from '../../helpers/temporary-folder.ts'

const text = narrowText({ devices: 1, batch: 2, classes: 11 })
const pixels = 28 * 28 * 3

const loader = {
  read: async (numbers: Uint32Array) => {
    const rows = new Uint8Array(new SharedArrayBuffer(numbers.length * pixels))
    for (const [row, i] of numbers.entries())
      for (let at = 0; at < pixels; at++) rows[row * pixels + at] = (31 * i + 7 * at) % 251
    return { pixels: rows, numbers, skipped: [], release: () => undefined }
  },
}

test('the embeddings of a saved network are those of the state that was saved, on any number of devices', async () => {
  const plan = planOf(text)
  const path = join(temporaryFolder(), 'weights.safetensors')
  const images = { pairs: { images: 5 }, loader }

  const trained = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
  const state = await newState(trained, plan)
  await writeSafetensors(path, networkStreams(state), new Map([stateDictFormat]))
  const executable = await trained.compile(plan.graphs.embed)
  const inputs = await state.forEmbed(trained)
  const before = await embedImages({ engine: trained, executable, network: plan.run, weights: inputs.of }, images)
  inputs.release()
  state.dispose()
  executable.dispose()
  expect(trained.alive).toBe(0)
  trained.dispose()

  const { backbone } = need(resolveText(text).experiment, 'an experiment')
  const own = need(
    networkPlan(backbone, { replicas: 2, batch: 2, compute: 'f32', device: 'cpu', mirrored: true }),
    'a plan',
  )
  const weights = await openNetwork(own, path)
  const engine = await createTfjsEngine({ world: oneProcess(2), backend: 'cpu' })
  const network = await loadNetwork(engine, own, weights)
  const after = await embedImages(network, images)
  expect(after).toEqual(before)
  expect(new Set(after[0]).size).toBeGreaterThan(100)
  network.dispose()
  await weights.close()
  expect(engine.alive).toBe(0)
  engine.dispose()
})

test('the inputs of a network are what a state dict has, in the order of files', async () => {
  const { backbone } = need(resolveText(text).experiment, 'an experiment')
  const path = join(temporaryFolder(), 'weights.safetensors')
  for (const device of ['cpu', 'cuda'] as const) {
    const own = need(
      networkPlan(backbone, { replicas: 1, batch: 1, compute: 'f32', device, mirrored: false }),
      'a plan',
    )
    expect(networkShapes(own).get('layer1.0.conv1.weight')).toEqual([4, 4, 3, 3])
    expect(own.embed.outputs.map(({ name }) => name)).toEqual(['embeddings'])
    expect(own.state.every(({ placement }) => placement === 'replicated')).toBe(true)
  }
  const plan = planOf(text)
  const engine = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
  const state = await newState(engine, plan)
  await writeSafetensors(path, networkStreams(state), new Map([stateDictFormat]))
  state.dispose()
  engine.dispose()
  const file = await openSafetensors(path)
  const own = need(
    networkPlan(backbone, { replicas: 1, batch: 1, compute: 'f32', device: 'cpu', mirrored: false }),
    'a',
  )
  expect([...networkShapes(own).keys()].toSorted()).toEqual([...file.tensors.keys()].toSorted())
  await file.close()
})
