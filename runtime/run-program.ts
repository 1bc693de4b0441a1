/** Runs another program to its end. */
import { spawn } from 'node:child_process'

export interface ProgramEnd {
  /** The exit status; 1 for a program that was killed. */
  readonly code: number
  /** Everything that it wrote, on both streams. */
  readonly output: string
}

/** Throws the system's error if the program cannot be started. */
export function runProgram(
  command: string,
  args: readonly string[],
  { env = process.env, folder }: { readonly env?: NodeJS.ProcessEnv; readonly folder?: string } = {},
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const output: string[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(String(chunk)))
    child.stderr.on('data', (chunk: Buffer) => output.push(String(chunk)))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 1, output: output.join('') }))
  })
}

/** The last lines of a program's output on one line, for a message. */
export function lastLines(output: string, count: number): string {
  return output.trim().split('\n').slice(-count).join(' | ')
}
