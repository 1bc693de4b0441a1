/** The folders of the cache that contain installations of several packages. */
export const wheelFolders = ['cuda', 'tfjs'] as const
export type WheelFolder = (typeof wheelFolders)[number]
