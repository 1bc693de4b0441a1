/** The package's own files that commands read. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../../runtime/package-folder.ts'

/** The standard library's folder, absolute. */
export const stdlibFolder: string = join(packageFolder, 'stdlib')

/** The version in `package.json`. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  return version
}
