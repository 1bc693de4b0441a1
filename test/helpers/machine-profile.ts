/** The measurements of a computer that nobody has. */
import type { MachineProfile } from '../../compiler/host/machine-profile.ts'

const conv = { channels: 64, features: 64, side: 56, window: 3, stride: 1, groups: 1 } as const

export const profile: MachineProfile = {
  schema: 1,
  computer: 'Some CPU @ 3.0 GHz',
  cores: 8,
  engine: 'XLA CPU (PJRT 0.115), 1 device',
  seconds: { program: 2e-5, kernel: 8e-7, byte: 1.5e-10 },
  streams: [{ kind: 'elementwise', bytes: 1e6, channels: 64, rate: 4e10 }],
  products: [{ width: 16, rate: 2e11 }],
  convolutions: [
    { ...conv, kind: 'conv2d', form: 'plain', rate: 4e11 },
    { ...conv, kind: 'conv2d_filter_grad', form: 'plain', rate: 2e11 },
  ],
  links: { devices: 2, bandwidth: 1e10, latency: 2e-5 },
  images: { decoded: 2000, drawn: 250 },
}
