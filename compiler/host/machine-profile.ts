/**
 * The measurements of this computer by `arcc doctor --write-machine`, and the file that stores them. If it exists, plans for this
 * computer (`cpu`, `local`) are based on it: those rates are for the whole computer. `gpus` holds its cards, with rates per card.
 *
 * Legend: C channels, O output channels, s side of the image, k side of the window.
 */
import type { FromSchema } from 'json-schema-to-ts'

const positive = { type: 'number', exclusiveMinimum: 0 } as const
const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 1 } as const
const dtype = { enum: ['f32', 'f16', 'bf16'] } as const
const sizes = { channels: count, features: count, side: count, window: count, stride: count, groups: count } as const
const convKind = { enum: ['conv2d', 'conv2d_input_grad', 'conv2d_filter_grad'] } as const

/** The measurements of a GPU. They apply to every card of that name. */
const gpuProfileSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'engine', 'seconds', 'streams', 'products', 'convolutions'],
  properties: {
    /** The driver's name of the card: `NVIDIA H100 80GB HBM3`. */
    name: text,
    /** The engine with its driver. */
    engine: text,
    seconds: {
      type: 'object',
      additionalProperties: false,
      required: ['program', 'kernel'],
      properties: {
        /** To start a program and be notified of its end. */
        program: positive,
        /** For a nearly empty kernel in a sequence within a program. */
        kernel: positive,
      },
    },
    /** Bytes per second, read and written, for ops that stream through memory, by the size of their tensor. */
    streams: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['kind', 'bytes', 'rate'],
        properties: { kind: { enum: ['elementwise', 'reduce'] }, bytes: positive, rate: positive },
      },
    },
    /** FLOP per second for matrix products by number of elements and smallest side. */
    products: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['dtype', 'width', 'rate'],
        properties: { dtype, width: positive, rate: positive },
      },
    },
    /** FLOP per second for convolutions and their gradients by number of elements and sizes. */
    convolutions: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['dtype', 'kind', 'channels', 'features', 'side', 'window', 'stride', 'groups', 'rate'],
        properties: { dtype, kind: convKind, ...sizes, rate: positive },
      },
    },
  },
} as const

export const machineProfileSchema = {
  $id: 'arcc-machine-1',
  type: 'object',
  additionalProperties: false,
  required: [
    'schema',
    'computer',
    'cores',
    'engine',
    'seconds',
    'streams',
    'products',
    'convolutions',
    'links',
    'images',
  ],
  properties: {
    schema: { const: 1 },
    /** The processor's name. */
    computer: text,
    cores: count,
    engine: text,
    seconds: {
      type: 'object',
      additionalProperties: false,
      required: ['program', 'kernel', 'byte'],
      properties: {
        /** To start a program and be notified of its end. */
        program: positive,
        /** For a nearly empty op. */
        kernel: positive,
        /** To get one byte of a program's temporary memory from the system, which happens in every run. */
        byte: positive,
      },
    },
    /** Bytes per second for ops that stream through memory, by the size of their tensor and its last dim. */
    streams: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['kind', 'bytes', 'channels', 'rate'],
        properties: {
          kind: { enum: ['elementwise', 'reduce', 'batch_norm_training', 'batch_norm_grad'] },
          bytes: positive,
          channels: count,
          rate: positive,
        },
      },
    },
    /** FLOP per second for f32 matrix products by their smallest side. */
    products: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['width', 'rate'],
        properties: { width: positive, rate: positive },
      },
    },
    /** FLOP per second for f32 convolutions and their gradients by formulation and size. */
    convolutions: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['kind', 'form', 'channels', 'features', 'side', 'window', 'stride', 'groups', 'rate'],
        properties: {
          kind: convKind,
          /** Named as in `compiler/stablehlo/conv-choice.ts`. */
          form: text,
          ...sizes,
          rate: positive,
        },
      },
    },
    /** Between virtual devices; `devices` is the number of devices in the measurement. */
    links: {
      type: 'object',
      additionalProperties: false,
      required: ['devices', 'bandwidth', 'latency'],
      properties: { devices: count, bandwidth: positive, latency: positive },
    },
    /** Images per second for the whole computer: decoding JPEG, and generating synthetic faces. */
    images: {
      type: 'object',
      additionalProperties: false,
      required: ['decoded', 'drawn'],
      properties: { decoded: positive, drawn: positive },
    },
    /** One entry per kind of card; none if the computer has no GPU that arcc can use. */
    gpus: { type: 'array', items: gpuProfileSchema },
  },
} as const

export type MachineProfile = FromSchema<typeof machineProfileSchema>
export type GpuProfile = NonNullable<MachineProfile['gpus']>[number]
export type StreamKind = MachineProfile['streams'][number]['kind']
export type ConvolutionRate = MachineProfile['convolutions'][number]
