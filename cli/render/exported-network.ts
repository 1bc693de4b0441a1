/** What exports say at the end. */
import { factLines, paragraph } from './fit.ts'
import type { Look } from './look.ts'

/** `written  r50.pt`, and what it is. */
export function writtenLines(path: string, facts: readonly string[], look: Look): string[] {
  return [...paragraph(`${look.palette.good('written')}  ${path}`, look), ...factLines(facts, look, { indent: 2 })]
}
