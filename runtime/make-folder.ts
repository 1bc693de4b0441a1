/** Creates folders. */
import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder and those above it, if they are missing. Throws the system's error, with the path that it refers to. Node's own
 * recursive creation reports a read-only file system as a missing folder, and never ends below /proc.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (isCode(error, 'EEXIST') && statSync(path).isDirectory()) return
    const parent = dirname(path)
    if (!isCode(error, 'ENOENT') || parent === path || isFolder(parent)) throw error
    makeFolder(parent)
    makeFolder(path)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
