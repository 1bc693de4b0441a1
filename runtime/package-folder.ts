/** The location of the package, both for the bundle in `dist/` and for the sources that tests and scripts run. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { need } from '../grammar/diagnostic.ts'

function packageAbove(file: string): string | undefined {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
    if (folder === dirname(folder)) return undefined
  }
}

/** The package's folder, absolute. */
export const packageFolder: string = need(packageAbove(fileURLToPath(import.meta.url)), "arcc's own folder")
