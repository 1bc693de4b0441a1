/**
 * The experiments of `experiments/arcface_torch` match the configs of arcface_torch (deepinsight/insightface at 7fadd420,
 * recognition/arcface_torch/configs): one line each.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { experimentNames } from '../cli/host/entry.ts'
import { fileHost } from '../cli/host/host.ts'
import { compileExperiment } from '../compiler/driver.ts'
import type { AugmentSpec } from '../compiler/experiment/augmentation.ts'
import { type Experiment, isChosen } from '../compiler/experiment/experiment.ts'
import { batchPerDevice, worldSize } from '../compiler/experiment/lengths.ts'
import type { Host } from '../compiler/host/host.ts'
import { need } from '../grammar/diagnostic.ts'
import { packageFolder } from '../runtime/package-folder.ts'

/**
 * name, backbone, classes, images, rate, GPUs, batch of all, learning rate, weight decay, epochs, epochs of warmup; then what is not
 * common: `arc` (ArcFace 0.5; CosFace 0.4 elsewhere), `adamw` (SGD with a momentum of 0.9 elsewhere), the filter's threshold,
 * `gradient_acc`, and `checkpoint` where the network is one that arcface_torch's backbones/__init__.py makes with
 * `using_checkpoint=True`, and `dali_aug`.
 */
const configs = `
ms1mv2_mbf mbf 85742 5822653 1 8 1024 0.1 1e-4 40 0 arc
ms1mv2_r50 r50 85742 5822653 1 8 1024 0.1 5e-4 20 0 arc
ms1mv2_r100 r100 85742 5822653 1 8 1024 0.1 5e-4 20 0 arc
ms1mv3_mbf mbf 93431 5179510 1 8 1024 0.1 1e-4 40 0 arc
ms1mv3_r50 r50 93431 5179510 1 8 1024 0.1 5e-4 20 0 arc
ms1mv3_r100 r100 93431 5179510 1 8 1024 0.1 5e-4 20 0 arc
ms1mv3_r50_onegpu r50 93431 5179510 1 1 128 0.02 5e-4 20 0 arc
glint360k_mbf mbf 360232 17091657 1 8 1024 0.1 1e-4 20 0
glint360k_r50 r50 360232 17091657 1 8 1024 0.1 1e-4 20 0
glint360k_r100 r100 360232 17091657 1 8 1024 0.1 1e-4 20 0
wf4m_mbf mbf 205990 4235242 1 8 1024 0.1 1e-4 20 0
wf4m_r50 r50 205990 4235242 1 8 1024 0.1 5e-4 20 0
wf4m_r100 r100 205990 4235242 1 8 1024 0.1 5e-4 20 0
wf12m_mbf mbf 617970 12720066 1 8 1024 0.1 1e-4 20 0
wf12m_r50 r50 617970 12720066 1 8 1024 0.1 5e-4 20 0
wf12m_r100 r100 617970 12720066 1 8 1024 0.1 5e-4 20 0
wf12m_pfc02_r100 r100 617970 12720066 0.2 8 1024 0.1 5e-4 20 0
wf12m_flip_r50 r50 617970 12720066 1 8 1024 0.1 5e-4 20 2
wf12m_conflict_r50 r50 1017970 12720066 1 8 1024 0.1 5e-4 20 2
wf12m_flip_pfc01_filter04_r50 r50 617970 12720066 0.1 8 1024 0.1 5e-4 20 2 filter=0.4
wf12m_conflict_r50_pfc03_filter04 r50 1017970 12720066 0.3 8 1024 0.1 5e-4 20 2 filter=0.4
wf42m_pfc02_r100 r100 2059906 42474557 0.2 8 1024 0.1 5e-4 20 0
wf42m_pfc02_r100_16gpus r100 2059906 42474557 0.2 16 2048 0.2 5e-4 20 2
wf42m_pfc02_r100_32gpus r100 2059906 42474557 0.2 32 4096 0.4 5e-4 20 2
wf42m_pfc02_16gpus_r100 r100 2059906 42474557 0.2 16 4096 0.3 5e-4 20 1
wf42m_pfc02_8gpus_r50_bs4k r50 2059906 42474557 0.2 8 4096 0.4 5e-4 20 2
wf42m_pfc02_16gpus_r50_bs8k r50 2059906 42474557 0.2 16 8192 0.6 5e-4 20 4
wf42m_pfc02_32gpus_r50_bs4k r50 2059906 42474557 0.2 32 4096 0.4 5e-4 20 2
wf42m_pfc02_16gpus_mbf_bs8k mbf 2059906 42474557 0.2 16 8192 0.4 1e-4 20 2
wf42m_pfc0008_32gpu_r100 r100 2059906 42474557 0 32 16384 0.4 5e-4 20 2
wf42m_pfc03_32gpu_r18 r18 2059906 42474557 0.3 32 4096 0.4 5e-4 20 2
wf42m_pfc03_32gpu_r50 r50 2059906 42474557 0.3 32 4096 0.4 5e-4 20 2
wf42m_pfc03_32gpu_r100 r100 2059906 42474557 0.3 32 4096 0.4 5e-4 20 2
wf42m_pfc03_32gpu_r200 r200 2059906 42474557 0.3 32 4096 0.4 5e-4 20 2
wf42m_pfc03_40epoch_64gpu_vit_t vit_t_dp005_mask0 2059906 42474557 0.3 64 24576 0.001 0.1 40 4 adamw
wf42m_pfc03_40epoch_64gpu_vit_s vit_s_dp005_mask_0 2059906 42474557 0.3 64 24576 0.001 0.1 40 4 adamw
wf42m_pfc03_40epoch_64gpu_vit_b vit_b_dp005_mask_005 2059906 42474557 0.3 64 24576 0.001 0.1 40 4 adamw checkpoint
wf42m_pfc03_40epoch_64gpu_vit_l vit_l_dp005_mask_005 2059906 42474557 0.3 64 24576 0.001 0.1 40 4 adamw checkpoint
wf42m_pfc03_40epoch_8gpu_vit_t vit_t_dp005_mask0 2059906 42474557 0.3 8 4096 0.001 0.1 40 4 adamw
wf42m_pfc03_40epoch_8gpu_vit_b vit_b_dp005_mask_005 2059906 42474557 0.3 8 24576 0.001 0.1 40 4 adamw gradient_acc=12 checkpoint
wf42m_pfc02_vit_h vit_h 2059906 42474557 0.5 32 24576 0.001 0.1 16 2 adamw checkpoint dali_aug
three_millions mbf 300000 300000 0.1 8 4096 0.1 5e-4 30 0
`

const folder = 'experiments/arcface_torch'
const host: Host = { ...fileHost(packageFolder, {}), countDataset: () => undefined }

function resolveAll(): ReadonlyMap<string, Experiment> {
  const found = new Map<string, Experiment>()
  for (const file of readdirSync(join(packageFolder, folder))) {
    const entry = need(host.readSource(`${folder}/${file}`), file)
    const { program } = compileExperiment({ entry, until: 'parse' }, host)
    for (const name of experimentNames(need(program, file)))
      found.set(name, need(compileExperiment({ entry, experiment: name, until: 'elaborate' }, host).experiment, name))
  }
  return found
}

const mirrored: AugmentSpec = { flip: 0.5, ops: [] }

/** `dali_data_iter` of arcface_torch's dataset.py with `dali_aug=True`, in its order. */
const daliAug: AugmentSpec = {
  flip: 0.5,
  ops: [
    { op: 'low_resolution', probability: 0.1, side: [56 / 112, 89 / 112], interpolation: 'triangle' },
    { op: 'blur', probability: 0.2, window: [3, 5] },
    { op: 'hsv', probability: 0.2, hueShift: [0, Math.PI / 9], saturationFactor: [1, 1.2] },
    { op: 'gray', probability: 0.1 },
  ],
}

const experiments = resolveAll()
const lines = configs.trim().split('\n')

test('there is one experiment for each config, and their common base', () => {
  const names = lines.map((line) => line.split(' ')[0])
  expect([...experiments.keys()].toSorted()).toEqual(['base', ...names].toSorted())
})

test.each(lines)('%s', (line) => {
  const [name = '', backbone, ...rest] = line.split(' ')
  const [classes, images, rate, gpus, batch, lr, decay, epochs, warmup] = rest.slice(0, 9).map(Number)
  const others = rest.slice(9)
  const experiment = need(experiments.get(name), name)
  const { dataset, machine, centers, train, optimizer, schedule, margin } = experiment
  const devices = worldSize(machine)
  expect({
    backbone: experiment.backbone.name,
    classes: dataset.identities,
    images: dataset.images ?? (dataset.identities ?? 0) * (dataset.perIdentity ?? 0),
    rate: centers.sampleRate,
    gpus: devices,
    batch: isChosen(experiment) ? devices * batchPerDevice(experiment) : 'auto',
    accumulate: train.accumulate,
    recompute: train.recompute,
    augment: experiment.augment,
    lr: optimizer.lr,
    epochs: train.epochs,
    precision: train.precision,
    clip: train.clip,
    seed: train.seed,
  }).toEqual({
    backbone,
    classes,
    images,
    rate,
    gpus,
    batch,
    accumulate: Number(wordAfter(others, 'gradient_acc') ?? 1),
    recompute: others.includes('checkpoint') ? 'blocks' : 'none',
    augment: others.includes('dali_aug') ? daliAug : mirrored,
    lr,
    epochs,
    precision: 'f16',
    clip: 5,
    seed: 2048,
  })
  expect(optimizer.name).toBe(others.includes('adamw') ? 'adamw' : 'sgd')
  if (optimizer.name === 'sgd') expect(optimizer.text).toContain('momentum: 0.9,')
  expect(optimizer.text).toContain(`weight_decay: ${decay}`)
  expect(schedule.text).toBe(`polynomial(power: 1, warmup: ${warmup} epochs)`)
  const filter = wordAfter(others, 'filter')
  const own = others.includes('arc') ? 'arcface(m: 0.5 rad, scale: 64)' : 'cosface(m: 0.4, scale: 64)'
  expect(margin.text).toContain(own)
  expect(margin.name === 'interclass_filter').toBe(filter !== undefined)
  if (filter !== undefined) expect(margin.text).toContain(`threshold: ${filter}`)
})

/** The value of `NAME=…` among the words. */
function wordAfter(words: readonly string[], name: string): string | undefined {
  return words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
}
