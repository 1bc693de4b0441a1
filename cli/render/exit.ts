/** How `arcc` ends. */
export const exitCode = {
  ok: 0,
  /** The user's text, files or arguments. */
  user: 1,
  /** A mistake in arcc itself; `bin/arcc.js` uses the same number. */
  internal: 2,
  /** The computer: engine, device, disk, network. */
  environment: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCode)[keyof typeof exitCode]
