/**
 * What `arcc doctor --write-machine` measured of this computer, and the file it is kept in. Plans for the machine `cpu` rest on it
 * where it exists. All rates are those of the whole computer.
 *
 * Legend: C channels, O output channels, s side of the image, k side of the window.
 */
import type { FromSchema } from 'json-schema-to-ts'

const positive = { type: 'number', exclusiveMinimum: 0 } as const
const text = { type: 'string' } as const
const count = { type: 'integer', minimum: 1 } as const

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
        /** To start a program and to hear of its end. */
        program: positive,
        /** Of an op that has next to nothing to do. */
        kernel: positive,
        /** To get one byte of a program's temporary memory from the system, which every run does anew. */
        byte: positive,
      },
    },
    /** Bytes per second of ops that stream through memory, by the size of the tensor that they go over and its last dim. */
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
    /** FLOP per second of f32 matrix products by their narrowest side. */
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
    /** FLOP per second of f32 convolutions and their gradients by formulation and size. */
    convolutions: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['kind', 'form', 'channels', 'features', 'side', 'window', 'stride', 'groups', 'rate'],
        properties: {
          kind: { enum: ['conv2d', 'conv2d_input_grad', 'conv2d_filter_grad'] },
          /** As `compiler/stablehlo/conv-choice.ts` names it. */
          form: text,
          channels: count,
          features: count,
          side: count,
          window: count,
          stride: count,
          groups: count,
          rate: positive,
        },
      },
    },
    /** Between virtual devices; `devices` took part in the measurement. */
    links: {
      type: 'object',
      additionalProperties: false,
      required: ['devices', 'bandwidth', 'latency'],
      properties: { devices: count, bandwidth: positive, latency: positive },
    },
    /** Images per second of the whole computer: JPEG decoded, and synthetic faces drawn. */
    images: {
      type: 'object',
      additionalProperties: false,
      required: ['decoded', 'drawn'],
      properties: { decoded: positive, drawn: positive },
    },
  },
} as const

export type MachineProfile = FromSchema<typeof machineProfileSchema>
export type StreamKind = MachineProfile['streams'][number]['kind']
export type ConvolutionRate = MachineProfile['convolutions'][number]
