/** Words of command lines that people copy. */

/** A word as a POSIX shell reads it: in quotes if it has other characters than those of plain paths. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
