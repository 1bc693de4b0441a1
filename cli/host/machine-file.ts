/** The file with this computer's measured rates: `$ARCC_MACHINE`, else `arcc/machine.yaml` in the user's configuration folder. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Ajv } from 'ajv'
import { type MachineProfile, machineProfileSchema } from '../../compiler/host/machine-profile.ts'
import { UsageError } from '../render/failure.ts'

/** `undefined` where the environment names neither the file nor a home. */
export function machineFile(env: NodeJS.ProcessEnv): string | undefined {
  if (env.ARCC_MACHINE) return env.ARCC_MACHINE
  const folder = env.XDG_CONFIG_HOME || (env.HOME && join(env.HOME, '.config'))
  return folder ? join(folder, 'arcc', 'machine.yaml') : undefined
}

/**
 * The profile in that file; `undefined` where there is none. Throws a UsageError for a file that holds something else, and for a
 * file that `$ARCC_MACHINE` names and that is not there.
 */
export function readMachineProfile(env: NodeJS.ProcessEnv): MachineProfile | undefined {
  const path = machineFile(env)
  if (path === undefined || (!env.ARCC_MACHINE && !existsSync(path))) return undefined
  const hint = 'measure this computer again: arcc doctor --write-machine'
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw new UsageError(`the machine profile ${path}, which ARCC_MACHINE names, cannot be read`, hint)
  }
  // Loaded here and at once: only plans for this computer need them, and a plan does not wait.
  const require = createRequire(import.meta.url)
  const { parse } = require('yaml') as typeof import('yaml')
  const { Ajv: Validator } = require('ajv') as { Ajv: typeof Ajv }
  const validate = new Validator({ allErrors: true }).compile<MachineProfile>(machineProfileSchema)
  let document: unknown
  try {
    document = parse(text)
  } catch (error) {
    throw new UsageError(`${path} is no YAML: ${error instanceof Error ? error.message.split('\n')[0] : error}`, hint)
  }
  if (validate(document)) return document
  const [first] = validate.errors ?? []
  throw new UsageError(`${path} is no machine profile: ${first?.instancePath || 'it'} ${first?.message}`, hint)
}

/** Writes a profile with its folder. */
export function writeMachineProfile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
