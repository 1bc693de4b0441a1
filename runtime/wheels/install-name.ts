/** What `arcc install` installs. The command line reads the names at every start, so this file imports nothing. */
export const installNames = ['cuda', 'cpu', 'tfjs', 'tfjs-gpu'] as const
export type InstallName = (typeof installNames)[number]
