/** A separate file, because no other test in it may load TensorFlow.js. */
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { createTfjsEngine } from '../../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../../runtime/world.ts'

const loaded = () => Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@tensorflow'))

test('TensorFlow.js is loaded when an engine is made, not before', async () => {
  expect(loaded()).toEqual([])
  await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
  expect(loaded().length).toBeGreaterThan(1)
})
