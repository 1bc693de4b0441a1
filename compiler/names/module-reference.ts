/** How a `use` names its module, and which file that is. */
import type { Expr, Ident, NameExpr, UseDecl, UsedName } from '../../grammar/ast.ts'
import { joinSpans, type SourceFile, type Span } from '../../grammar/source.ts'
import type { Module } from './program.ts'

/** `std.backbones`, `..nets`, or `pfc0.1.arc` for a quoted file. */
export function moduleText({ up, path, file }: UseDecl): string {
  return file?.texts.join('') ?? '..'.repeat(up) + path.map((part) => part.text).join('.')
}

/** Whether it names a module of the standard library: `std.backbones`, but not `..std.backbones`. */
export function isOfLibrary({ up, path }: UseDecl): boolean {
  return up === 0 && path[0]?.text === 'std'
}

/** The name that an imported one has in its file. */
export function localName({ name, alias }: UsedName): Ident {
  return alias ?? name
}

/** `nets.wide`: a name of a module with a prefix. */
export function prefixed(prefix: Ident, name: string): string {
  return `${prefix.text}.${name}`
}

/** `nets.wide` as one name, if `nets` is the prefix of a module; a local named `nets` has to be excluded before. */
export function qualifiedName(expr: Expr, { prefixes }: Module): NameExpr | undefined {
  if (expr.kind !== 'Member' || expr.object.kind !== 'Name' || !prefixes.has(expr.object.name)) return undefined
  return { kind: 'Name', name: `${expr.object.name}.${expr.name.text}`, span: expr.span }
}

export function moduleSpan(use: UseDecl): Span {
  if (use.file !== undefined) return use.file.span
  const first = use.path[0]?.span ?? use.span
  const whole = joinSpans(first, use.path.at(-1)?.span ?? first)
  return { ...whole, start: whole.start - 2 * use.up }
}

/**
 * The file that a `use` outside the standard library refers to: in `a/b.arc`, `util.faces` is `a/util/faces.arc`, `..c.nets` is
 * `c/nets.arc` and `"../c/pfc0.1.arc"` is `c/pfc0.1.arc`.
 */
export function filePath(importer: SourceFile, use: UseDecl): string {
  const named = () => `${'../'.repeat(use.up)}${use.path.map((part) => part.text).join('/')}.arc`
  const written = use.file === undefined ? named() : moduleText(use)
  if (written.startsWith('/')) return normalPath(written)
  return normalPath(importer.path.slice(0, importer.path.lastIndexOf('/') + 1) + written)
}

/** The path without `.`, and without `..` after a folder: a file has one name, regardless of how it is reached. */
export function normalPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '.' || part === '') continue
    const last = parts.at(-1)
    if (part === '..' && last !== undefined && last !== '..') parts.pop()
    else parts.push(part)
  }
  return (path.startsWith('/') ? '/' : '') + parts.join('/')
}
