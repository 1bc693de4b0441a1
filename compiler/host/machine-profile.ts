/**
 * The measurements of this computer by `arcc doctor --write-machine`, and the file that stores them; without it, those of its first
 * plan. Plans for this computer (`cpu`, `local`) are based on them: those rates are for the whole computer. `gpus` holds its cards, with
 * rates per card.
 *
 * Legend: C channels, O output channels, s side of the image, k side of the window.
 */
import type { FromSchema } from 'json-schema-to-ts'
import { precisions } from '../ir/dtype.ts'
import { convKinds } from '../ir/op-family.ts'
import { object } from '../json/object-schema.ts'

const positive = { type: 'number', exclusiveMinimum: 0 } as const
const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 1 } as const
const dtype = { enum: precisions } as const
const sizes = { channels: count, features: count, side: count, window: count, stride: count, groups: count } as const
const convKind = { enum: convKinds } as const

/** The measurements of a GPU, which apply to every card with its name. */
const gpuProfileSchema = object({
  /** The driver's name of the card: `NVIDIA H100 80GB HBM3`. */
  name: text,
  /** The engine with its driver. */
  engine: text,
  seconds: object({
    /** To launch a program and receive its completion. */
    program: positive,
    /** Per nearly empty kernel, in a sequence of them. */
    kernel: positive,
  }),
  /** Bytes per second, read and written, of ops that stream through memory, by the size of the tensor that they go over. */
  streams: {
    type: 'array',
    minItems: 1,
    items: object({ kind: { enum: ['elementwise', 'reduce'] }, bytes: positive, rate: positive }),
  },
  /** FLOP per second of matrix products by their elements and their narrowest side. */
  products: { type: 'array', minItems: 1, items: object({ dtype, width: positive, rate: positive }) },
  /** FLOP per second of convolutions and their gradients by their elements and sizes. */
  convolutions: { type: 'array', minItems: 1, items: object({ dtype, kind: convKind, ...sizes, rate: positive }) },
})

export const machineProfileSchema = {
  $id: 'arcc-machine-1',
  ...object(
    {
      schema: { const: 1 },
      /** Whether it is of the few seconds before a first plan, and not of `arcc doctor --write-machine`. */
      quick: { type: 'boolean' },
      /** The processor's name. */
      computer: text,
      cores: count,
      engine: text,
      seconds: object({
        /** To launch a program and receive its completion. */
        program: positive,
        /** For a nearly empty op. */
        kernel: positive,
        /** To get one byte of a program's temporary memory from the system, which happens in every run. */
        byte: positive,
      }),
      /** Bytes per second of ops that stream through memory, by the size of the tensor that they go over and its last dim. */
      streams: {
        type: 'array',
        minItems: 1,
        items: object({
          kind: { enum: ['elementwise', 'reduce', 'batch_norm_training', 'batch_norm_grad'] },
          bytes: positive,
          channels: count,
          rate: positive,
        }),
      },
      /**
       * Bytes per second, read and written, of elementwise ops in a loop whose tensors stay in the caches. Older profiles do not have
       * it: they take what streams through memory.
       */
      cached: positive,
      /** FLOP per second of f32 matrix products by their narrowest side. */
      products: { type: 'array', minItems: 1, items: object({ width: positive, rate: positive }) },
      /** FLOP per second of f32 convolutions and their gradients by formulation and size. */
      convolutions: {
        type: 'array',
        minItems: 1,
        items: object({
          kind: convKind,
          /** Named as in `compiler/stablehlo/conv-choice.ts`. */
          form: text,
          ...sizes,
          rate: positive,
        }),
      },
      /** Between virtual devices; `devices` took part in the measurement. */
      links: object({ devices: count, bandwidth: positive, latency: positive }),
      /** Images per second of the whole computer: JPEG decoded, and synthetic faces drawn. */
      images: object({ decoded: positive, drawn: positive }),
      /** One per card model; none if the computer has no GPU that arcc can use. */
      gpus: { type: 'array', items: gpuProfileSchema },
    },
    ['quick', 'cached', 'gpus'],
  ),
} as const

export type MachineProfile = FromSchema<typeof machineProfileSchema>
export type GpuProfile = NonNullable<MachineProfile['gpus']>[number]
/** The element types that are measured. */
export type GpuDtype = GpuProfile['products'][number]['dtype']
export type StreamKind = MachineProfile['streams'][number]['kind']
export type ConvolutionRate = MachineProfile['convolutions'][number]
