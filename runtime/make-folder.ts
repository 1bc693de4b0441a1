/** Creates folders. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Creates a folder and those above it, if they are missing. Throws the system's error, with the path that it refers to; Node's own
 * recursive creation reports a read-only file system as a missing folder.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    if (!isMissing(error)) throw error
    makeOneByOne(path)
  }
}

function makeOneByOne(path: string): void {
  try {
    mkdirSync(path)
  } catch (error) {
    if (!isMissing(error) || dirname(path) === path) throw error
    makeOneByOne(dirname(path))
    mkdirSync(path)
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
