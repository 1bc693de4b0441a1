/** The sources of a command: the named file and the texts of `--set`. */
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Host } from '../../compiler/host/host.ts'
import type { Program } from '../../compiler/names/program.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { nearest } from '../../grammar/suggest.ts'
import { usageErrors } from './messages.ts'

/** The .arc files of a folder; `undefined` if it is none. */
function filesIn(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.arc'))
      .sort()
  } catch {
    return undefined
  }
}

/** What `FILE.arc#NAME` names: a file, and perhaps an experiment in it. */
export function entryOf(text: string): { readonly file: string; readonly experiment: string | undefined } {
  const [, file = text, experiment] = /^(.*\.arc)#(.+)$/i.exec(text) ?? []
  return { file, experiment }
}

/** The file to compile. Throws ARC6601, which suggests a similar name, or ARC6619 for a folder. */
export function openEntry(host: Host, file: string): SourceFile {
  const source = host.readSource(file)
  if (source !== undefined) return source
  const inside = filesIn(file)
  if (inside !== undefined) throw usageErrors('ARC6619', { folder: file, files: inside })
  const names = filesIn(dirname(file)) ?? []
  const name = nearest(basename(file), names)
  const near = name === undefined ? '' : join(dirname(file), name)
  throw usageErrors('ARC6601', { file, near, folder: dirname(file), others: names })
}

/** `path=value` texts as sources, so that errors in them have a place. */
export function overrideSources(set: readonly string[]): readonly SourceFile[] {
  return set.map((text) => ({ path: '--set', text }))
}

/** Names of the experiments that a program's entry file declares, in order. */
export function experimentNames(program: Program): readonly string[] {
  return program.entry.tree.declarations.flatMap((declaration) =>
    declaration.kind === 'Object' && declaration.keyword === 'experiment' ? [declaration.name.text] : [],
  )
}
