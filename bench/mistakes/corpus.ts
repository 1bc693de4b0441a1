/** The files of the corpus: `bench/mistakes/files/KIND/NAME.arc`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SourceFile } from '../../grammar/source.ts'

export const corpusFolder = join(import.meta.dirname, 'files')

/** Kinds of mistakes, in alphabetical order. */
export function listKinds(folder = corpusFolder): readonly string[] {
  return readdirSync(folder).sort()
}

/** The wrong files of one kind. */
export function readKind(kind: string, folder = corpusFolder): readonly SourceFile[] {
  return readdirSync(join(folder, kind))
    .filter((name) => name.endsWith('.arc'))
    .sort()
    .map((name) => {
      const path = join(folder, kind, name)
      return { path, text: readFileSync(path, 'utf8') }
    })
}
