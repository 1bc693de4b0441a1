/** The sources of a command: the named file and the texts of `--set`. */
import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Host } from '../../compiler/host/host.ts'
import type { Program } from '../../compiler/names/program.ts'
import type { SourceFile } from '../../grammar/source.ts'
import { nearest } from '../../grammar/suggest.ts'
import { UsageError } from '../render/failure.ts'

function neighbours(file: string): readonly string[] {
  try {
    return readdirSync(dirname(file))
      .filter((name) => name.endsWith('.arc'))
      .sort()
  } catch {
    return []
  }
}

/** The file to compile. Throws a usage error that suggests a similar name. */
export function openEntry(host: Host, file: string): SourceFile {
  const source = host.readSource(file)
  if (source !== undefined) return source
  const names = neighbours(file)
  const name = nearest(basename(file), names)
  if (name !== undefined) throw new UsageError(`there is no file ${file}`, `did you mean ${join(dirname(file), name)}?`)
  const list = names.length === 0 ? undefined : `${dirname(file)} contains ${names.join(', ')}`
  throw new UsageError(`there is no file ${file}`, list)
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
