/** How a `use` names its module, and which file that is. */
import type { UseDecl } from '../../grammar/ast.ts'
import { joinSpans, type SourceFile, type Span } from '../../grammar/source.ts'

/** `std.backbones`, or `pfc0.1.arc` for a quoted file. */
export function moduleText({ path, file }: UseDecl): string {
  return file?.texts.join('') ?? path.map((part) => part.text).join('.')
}

export function moduleSpan(use: UseDecl): Span {
  if (use.file !== undefined) return use.file.span
  const first = use.path[0]?.span ?? use.span
  return joinSpans(first, use.path.at(-1)?.span ?? first)
}

/**
 * The file that a `use` outside the standard library refers to: in `a/b.arc`, `util.faces` is `a/util/faces.arc` and
 * `"../c/pfc0.1.arc"` is `c/pfc0.1.arc`.
 */
export function filePath(importer: SourceFile, use: UseDecl): string {
  const written = use.file === undefined ? `${use.path.map((part) => part.text).join('/')}.arc` : moduleText(use)
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
