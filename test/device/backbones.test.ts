/** Narrow networks of each backbone that arcface_torch does not have, against PyTorch: figures of `bench/backbones_torch.py`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type BackboneFigures, compareBackbone } from '../../bench/backbone-figures.ts'
import { elaborateBackbone } from '../../cli/host/carrier.ts'
import { fileHost } from '../../cli/host/host.ts'
import { need } from '../../grammar/diagnostic.ts'
import { createTfjsEngine } from '../../runtime/tfjs/engine.ts'
import { oneProcess } from '../../runtime/world.ts'

const cases = {
  ir_narrow: 'ir(depths: [1, 2], excite: true, channels: [16, 16], stem: 4, dropout: 0.0, embedding: 32)',
  ghost_narrow: 'ghostfacenet(width: 0.25, stride: 2, embedding: 32)',
  convnext_narrow: 'convnext(depths: [1, 1, 2], channels: [8, 16, 24], drop: 0.0, embedding: 32)',
  swin_narrow: 'swin(depths: [2, 2], heads: [2, 4], width: 16, patch: 4, drop: 0.0, embedding: 32)',
}

test.each(Object.entries(cases))('%s has the embeddings and gradients of PyTorch', async (name, expression) => {
  const { experiment, diagnostics } = elaborateBackbone(expression, fileHost())
  expect(diagnostics).toEqual([])
  const { backbone } = need(experiment, name)
  const path = join(import.meta.dirname, `../golden/backbones/${name}.json`)
  const figures = JSON.parse(readFileSync(path, 'utf8')) as BackboneFigures
  expect(
    backbone.parameters
      .filter(({ buffer }) => !buffer)
      .reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0),
  ).toBe(figures.parameters)
  const engine = await createTfjsEngine({ world: oneProcess(1), backend: 'cpu' })
  const { names, ...differences } = await compareBackbone(backbone, figures, engine)
  engine.dispose()
  expect(names).toEqual([])
  for (const difference of Object.values(differences)) expect(difference).toBeLessThan(1e-4)
})
