/**
 * The plan document, which `arcc plan --format json|yaml` prints and a run folder stores. The schema validates documents read from a
 * file, and defines the TypeScript type.
 */
import type { FromSchema } from 'json-schema-to-ts'
import { fieldOrigins } from '../experiment/experiment.ts'
import { cpuKernels } from '../ir/cpu-kernels.ts'
import { deviceKinds } from '../ir/device-kind.ts'
import { precisions } from '../ir/dtype.ts'
import { collectiveKinds } from '../ir/op-family.ts'
import { object } from '../json/object-schema.ts'
import { centerUpdates, marginGradients, placements } from '../schema/experiment.ts'
import { statisticsExchanges } from '../step/softmax-statistics.ts'

const integer = { type: 'integer', minimum: 0 } as const
const number = { type: 'number' } as const
const text = { type: 'string' } as const

const exchangeCost = object({ wireBytes: integer, seconds: number })
/** A field and its value as `.arc` text. */
const setting = object({ path: text, value: text })
/** An object by the name of its declaration, with the fields that differ from their defaults. */
const changedObject = object({ name: text, changed: { type: 'array', items: setting } })

export const planSchema = {
  $id: 'arcc-plan-1',
  ...object(
    {
      schema: { const: 1 },
      experiment: object({
        name: text,
        file: text,
        fields: {
          type: 'array',
          items: object({ path: text, value: text, origin: { enum: fieldOrigins } }),
        },
      }),
      model: object(
        {
          backbone: text,
          embedding: integer,
          input: { type: 'array', items: integer, minItems: 3, maxItems: 3 },
          /** Trainable and fixed weights, without running statistics. */
          parameters: integer,
          /** Those that are trained, if parts of the backbone are frozen. */
          trained: integer,
          buffers: integer,
          /** Of the forward pass of one image. */
          multiplyAdds: integer,
          precision: { enum: precisions },
        },
        ['trained'],
      ),
      centers: object(
        {
          margin: text,
          classes: integer,
          /** Centers of each class, if more than one. */
          perClass: integer,
          placement: { enum: placements },
          sampleRate: number,
          update: { enum: centerUpdates },
          gradient: { enum: marginGradients },
          /** Classes per device in replica order. */
          perDevice: { type: 'array', items: integer },
          /** The maximum number of classes used per step on one device. */
          sampledPerDevice: integer,
          /** Centers and their optimizer state on the device with most of them. */
          stateBytesPerDevice: integer,
        },
        ['perClass'],
      ),
      data: object({ dataset: text, format: text, identities: integer, images: integer, root: text, leftOut: text }, [
        'root',
        'leftOut',
      ]),
      schedule: object(
        {
          batchPerDevice: integer,
          batch: integer,
          stepsPerEpoch: integer,
          epochs: number,
          steps: integer,
          optimizer: text,
          schedule: text,
          /** What learning rates are multiplied by for the batch, if `train.lr_scaling` is set. */
          lrScale: number,
          /** The learning rate at each tenth of the run. */
          rates: { type: 'array', items: number },
        },
        ['lrScale'],
      ),
      /** Settings of training that differ from the defaults; missing without any. */
      training: object(
        {
          /** How weights are trained beyond the optimizer. */
          weights: { type: 'array', items: setting },
          /** What training starts from, if it is not random weights. */
          start: changedObject,
          /** The augmentations in order, if they are not the default. */
          augment: { type: 'array', items: changedObject },
        },
        ['start', 'augment'],
      ),
      /** Logs outside the run folder and for TensorBoard; missing without any. */
      logs: object(
        {
          tensorboard: { type: 'boolean' },
          /** The URL, or the environment variable that has it if it is not set yet. */
          mlflow: text,
          /** Host and port. */
          prometheus: text,
        },
        ['mlflow', 'prometheus'],
      ),
      /** What `require` demands of the run itself, which is checked when it ends; missing without any. */
      requiredOfRun: { type: 'array', items: text },
      machine: object(
        {
          name: text,
          nodes: integer,
          devicesPerNode: integer,
          device: text,
          kind: { enum: deviceKinds },
          memoryPerDevice: integer,
          /** Of a CPU: what programs compute with there, and whether that is assumed, for another computer than this one. */
          kernels: object({ kind: { enum: cpuKernels }, assumed: { type: 'boolean' } }),
          source: text,
          /** The declared machine, if the plan is for another one that replaces it. */
          insteadOf: object({
            /** `emulated`: on virtual devices of one computer; `found`: on the available devices. */
            how: { enum: ['emulated', 'found'] },
            name: text,
            nodes: integer,
            devicesPerNode: integer,
            device: text,
          }),
        },
        ['kernels', 'source', 'insteadOf'],
      ),
      /** Bytes on the device that needs most. */
      memory: object({
        lines: { type: 'array', items: object({ name: text, bytes: integer, detail: text }) },
        peak: integer,
        capacity: integer,
        fits: { type: 'boolean' },
      }),
      /** The figures of XLA's compiler for the step, if requested (`arcc plan --exact`). Bytes of one device. */
      exact: object({
        /** The GPU, by the name that its driver reports. */
        target: text,
        arguments: integer,
        outputs: integer,
        /** Outputs that reuse the memory of arguments. */
        alias: integer,
        temporaries: integer,
        /** The maximum in use at once, including arguments. */
        peak: integer,
        /** The allocation of a process: arguments, new outputs, and temporaries in one block, including its gaps. */
        allocated: integer,
        generatedCode: integer,
        /** Memory of driver, engine and libraries, which XLA does not count. */
        reserve: integer,
        /** allocated + reserve */
        total: integer,
        fits: { type: 'boolean' },
        compileSeconds: number,
      }),
      collectives: {
        type: 'array',
        items: object({
          kind: { enum: collectiveKinds },
          what: text,
          /** Of the operands on one device. */
          bytes: integer,
          /** Sent by one device with the ring algorithm. */
          wireBytes: integer,
          count: integer,
        }),
      },
      /**
       * How the softmax statistics of sharded centers are exchanged, and by the published figures of the links what either way costs: bytes
       * that a device sends, and seconds of a step. Missing where there is nothing to exchange.
       */
      exchange: object({ chosen: { enum: statisticsExchanges }, gather: exchangeCost, reduce: exchangeCost }),
      /** An estimate; `basis` names its source. */
      time: object(
        {
          secondsPerStep: number,
          samplesPerSecond: number,
          bound: { enum: ['compute', 'memory', 'overhead', 'links', 'data'] },
          parts: { type: 'array', items: object({ name: text, seconds: number }) },
          /** All collectives, including those that overlap with the backward pass. */
          linkSeconds: number,
          /** To prepare the images of a step, concurrently with the step; missing if the machine does not declare its cores. */
          dataSeconds: number,
          basis: text,
          totalSeconds: number,
        },
        ['dataSeconds'],
      ),
      /** The planner's choices for `auto`. */
      choices: { type: 'array', items: object({ path: text, value: text, why: text }) },
      /** If the plan does not fit: changes that make it fit, cheapest first. */
      answers: {
        type: 'array',
        items: object({
          set: { type: 'array', minItems: 1, items: object({ path: text, value: text }) },
          peak: integer,
          samplesPerSecond: number,
        }),
      },
      graphs: {
        type: 'array',
        items: object({ name: text, ops: integer, inputs: integer, outputs: integer, flops: integer }),
      },
    },
    ['exact', 'exchange', 'training', 'logs', 'requiredOfRun'],
  ),
} as const

export type PlanDocument = FromSchema<typeof planSchema>
