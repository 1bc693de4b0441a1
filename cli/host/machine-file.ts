/**
 * The file with the measured rates of this computer: `$ARCC_MACHINE`, or `arcc/machine.yaml` in the user's configuration folder. Its
 * first line is a comment with the SHA-256 of the rest; a file without that line is used as it is.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Ajv } from 'ajv'
import { type MachineProfile, machineProfileSchema } from '../../compiler/host/machine-profile.ts'
import { replaceContentsSync } from '../../runtime/replace-file.ts'
import { usageErrors } from './messages.ts'

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Whether the text below the first line differs from what that line says of it. */
function isChanged(text: string): boolean {
  const [line = '', said] = /^# sha256: ([0-9a-f]{64})\n/.exec(text) ?? []
  return said !== undefined && said !== digestOf(text.slice(line.length))
}

/** The path; `undefined` if the environment has neither the variable nor a home folder. */
export function machineFile(env: NodeJS.ProcessEnv): string | undefined {
  if (env.ARCC_MACHINE) return env.ARCC_MACHINE
  const folder = env.XDG_CONFIG_HOME || (env.HOME && join(env.HOME, '.config'))
  return folder ? join(folder, 'arcc', 'machine.yaml') : undefined
}

/**
 * The profile in that file; `undefined` if it does not exist. Throws ARC6610 if the file that `$ARCC_MACHINE` names cannot be read, and
 * ARC6611 and ARC6612 for other contents, also for contents that do not match their SHA-256.
 */
export function readMachineProfile(env: NodeJS.ProcessEnv): MachineProfile | undefined {
  const path = machineFile(env)
  if (path === undefined || (!env.ARCC_MACHINE && !existsSync(path))) return undefined
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    throw usageErrors('ARC6610', { file: path })
  }
  if (isChanged(text)) throw usageErrors('ARC6612', { file: path, reason: changedReason })
  // Loaded lazily because only plans for this computer need them, and synchronously because planning is synchronous.
  const require = createRequire(import.meta.url)
  const { parse } = require('yaml') as typeof import('yaml')
  const { Ajv: Validator } = require('ajv') as { Ajv: typeof Ajv }
  const validate = new Validator({ allErrors: true }).compile<MachineProfile>(machineProfileSchema)
  let document: unknown
  try {
    document = parse(text)
  } catch (error) {
    throw usageErrors('ARC6611', { file: path, reason: firstLine(error) })
  }
  if (validate(document)) return document
  const [first] = validate.errors ?? []
  throw usageErrors('ARC6612', { file: path, reason: `${first?.instancePath || 'it'} ${first?.message}` })
}

const changedReason =
  'it was damaged or edited after it was measured (to use edited figures, remove the line with the SHA-256)'

/** A YAML error's message; the lines after the first draw the place. */
function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error)
    .split('\n', 1)
    .join('')
}

/** Writes a profile, whole or not at all; creates the folder if necessary. */
export function writeMachineProfile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  replaceContentsSync(path, `# sha256: ${digestOf(text)}\n${text}`)
}
