/** The engines that a run can take. The command line reads them at every start, so this file imports nothing. */
export const engineNames = ['xla', 'tfjs'] as const
export type EngineName = (typeof engineNames)[number]
