import { createRequire } from 'node:module'

/** Whether a package that arcc does not depend on is there. */
export function isInstalled(name: string): boolean {
  try {
    return createRequire(import.meta.url).resolve(name) !== ''
  } catch {
    return false
  }
}
