/** The command that goes on with a run. */

/** `arcc run --resume runs/quickstart-001`; a name with special characters is quoted for a shell. */
export function resumeCommand(folder: string): string {
  const quoted = /^[\w./=%+:@-]+$/.test(folder) ? folder : `'${folder.replaceAll("'", "'\\''")}'`
  return `arcc run --resume ${quoted}`
}
