/** The module by which threads run from the sources. In the package they are JavaScript and need none. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** The URL of tsx's module with `register`, which a thread calls itself: in Node 20 it does not inherit loaders. */
export function tsxModule(): string {
  return new URL('./esm/api/index.mjs', pathToFileURL(createRequire(import.meta.url).resolve('tsx'))).href
}
