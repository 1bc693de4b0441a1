/** What drives a device. Programs are formulated for it; what else depends on it stands in `compiler/ir/device-traits.ts`. */
export const deviceKinds = ['cuda', 'cpu'] as const
export type DeviceKind = (typeof deviceKinds)[number]
