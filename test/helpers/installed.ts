/** Runs the installed command: the launcher and the bundle, with real files and exit codes. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { packageFolder } from '../../runtime/package-folder.ts'

export const launcher = join(packageFolder, 'bin/arcc.js')
/** What a command gets of the environment, so that results do not depend on it; and nothing is measured for plans. */
export const plainEnvironment = {
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  LC_ALL: 'C.UTF-8',
  ARCC_MEASURE: 'off',
  ARCC_TFJS_BACKEND: 'cpu',
}

export interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs `arcc` in a folder, with additional environment variables. */
export function runInstalled(folder: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Result> {
  const options = { cwd: folder, env: { ...plainEnvironment, ...more } }
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, ...args], options, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}
