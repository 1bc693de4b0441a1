import { createRequire } from 'node:module'

/** Whether an optional package is installed. */
export function isInstalled(name: string): boolean {
  try {
    return createRequire(import.meta.url).resolve(name) !== ''
  } catch {
    return false
  }
}
