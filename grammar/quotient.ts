/** Comments that were meant as Python's quotient of whole numbers: `// 2`. */
import type { DiagnosticBag, Extras } from './diagnostic.ts'
import { grammarError } from './messages.ts'
import type { SourceFile } from './source.ts'

/** Whether a comment is only a number, behind a value. */
export function isQuotient({ text }: SourceFile, start: number, image: string): boolean {
  if (!/^\/\/[ \t]*\d[\d._]*[ \t\r]*$/.test(image)) return false
  return /[\w)\]][ \t]*$/.test(text.slice(text.lastIndexOf('\n', start) + 1, start))
}

/** That the sign starts a comment, with the fix. */
export function quotientExtras(source: SourceFile, start: number): Extras {
  const span = { source, start, end: start + 2 }
  const fix = { message: 'write `div` for the quotient of whole numbers', span, replacement: 'div' }
  return { notes: ['`//` starts a comment'], fix }
}

export function reportQuotient(source: SourceFile, start: number, bag: DiagnosticBag): void {
  bag.add(grammarError('ARC1013', {}, { source, start, end: start + 2 }, quotientExtras(source, start)))
}
