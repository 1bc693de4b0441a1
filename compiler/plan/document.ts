/**
 * The plan as a document: what `arcc plan --format json|yaml` prints and a run folder keeps. The schema validates documents that
 * come back from a file, and gives the TypeScript type.
 */
import type { FromSchema } from 'json-schema-to-ts'
import { fieldOrigins } from '../experiment/experiment.ts'
import { deviceKinds } from '../ir/device-kind.ts'
import { precisions } from '../ir/dtype.ts'
import { collectiveKinds } from '../ir/op-family.ts'
import { object } from '../json/object-schema.ts'
import { centerUpdates, marginGradients, placements } from '../schema/experiment.ts'

const integer = { type: 'integer', minimum: 0 } as const
const number = { type: 'number' } as const
const text = { type: 'string' } as const

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
      model: object({
        backbone: text,
        embedding: integer,
        input: { type: 'array', items: integer, minItems: 3, maxItems: 3 },
        /** Trainable and fixed weights, without running statistics. */
        parameters: integer,
        buffers: integer,
        /** Of one image's forward pass. */
        multiplyAdds: integer,
        precision: { enum: precisions },
      }),
      centers: object({
        margin: text,
        classes: integer,
        placement: { enum: placements },
        sampleRate: number,
        update: { enum: centerUpdates },
        gradient: { enum: marginGradients },
        /** Classes of each device, in replica order. */
        perDevice: { type: 'array', items: integer },
        /** Rows that enter a step on one device at the most. */
        sampledPerDevice: integer,
        /** Centers and their optimizer state on the fullest device. */
        stateBytesPerDevice: integer,
      }),
      data: object({ dataset: text, format: text, identities: integer, images: integer, root: text }, ['root']),
      schedule: object({
        batchPerDevice: integer,
        batch: integer,
        stepsPerEpoch: integer,
        epochs: number,
        steps: integer,
        optimizer: text,
        schedule: text,
        /** Learning rate at tenths of the run. */
        rates: { type: 'array', items: number },
      }),
      machine: object(
        {
          name: text,
          nodes: integer,
          devicesPerNode: integer,
          device: text,
          kind: { enum: deviceKinds },
          memoryPerDevice: integer,
          source: text,
          /** The machine that the experiment declares, where the plan is for another one that takes its place. */
          insteadOf: object({
            /** `emulated`: on virtual devices of one computer; `found`: on the devices that are there. */
            how: { enum: ['emulated', 'found'] },
            name: text,
            nodes: integer,
            devicesPerNode: integer,
            device: text,
          }),
        },
        ['source', 'insteadOf'],
      ),
      /** Bytes of the fullest device. */
      memory: object({
        lines: { type: 'array', items: object({ name: text, bytes: integer, detail: text }) },
        peak: integer,
        capacity: integer,
        fits: { type: 'boolean' },
      }),
      /** What XLA's compiler for the device says of the step, where it was asked (`arcc plan --exact`). Bytes of one device. */
      exact: object({
        /** The GPU, as its driver names it. */
        target: text,
        arguments: integer,
        outputs: integer,
        /** Outputs that take the place of arguments. */
        alias: integer,
        temporaries: integer,
        /** The most in use at one moment, arguments included. */
        peak: integer,
        /** What a process takes: arguments, new outputs, and temporaries in one block with the gaps in it. */
        allocated: integer,
        generatedCode: integer,
        /** Driver, engine and libraries, which XLA does not count. */
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
          /** Sent by one device, ring algorithm. */
          wireBytes: integer,
          count: integer,
        }),
      },
      /** An estimate; `basis` says from what. */
      time: object(
        {
          secondsPerStep: number,
          samplesPerSecond: number,
          bound: { enum: ['compute', 'memory', 'overhead', 'links', 'data'] },
          parts: { type: 'array', items: object({ name: text, seconds: number }) },
          /** All collectives, those included that run beside the backward pass. */
          linkSeconds: number,
          /** To make the step's images ready, beside the step; left out where the machine does not declare its cores. */
          dataSeconds: number,
          basis: text,
          totalSeconds: number,
        },
        ['dataSeconds'],
      ),
      /** What the planner put in the place of `auto`. */
      choices: { type: 'array', items: object({ path: text, value: text, why: text }) },
      /** Where the plan does not fit: changes with which it does, the cheapest first. */
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
    ['exact'],
  ),
} as const

export type PlanDocument = FromSchema<typeof planSchema>
