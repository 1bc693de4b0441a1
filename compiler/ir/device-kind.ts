/**
 * The kinds of devices. Programs are formulated for a kind; everything else that depends on it is in
 * `compiler/ir/device-traits.ts`.
 */
export const deviceKinds = ['cuda', 'cpu'] as const
export type DeviceKind = (typeof deviceKinds)[number]
