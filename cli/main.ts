/** `arcc`: parses the command line, loads the requested command, and turns failures into text and an exit code. */
import { CommanderError } from 'commander'
import { endProcess } from '../runtime/end-process.ts'
import type { Actions } from './commands/options.ts'
import { packageVersion } from './host/package-folder.ts'
import { watchStandardStreams } from './host/standard-streams.ts'
import { watchUncaught } from './host/uncaught.ts'
import { createProgram, everyCommand } from './program.ts'
import { type ExitCode, exitCode } from './render/exit.ts'
import { describeFailure } from './render/failure.ts'
import { lookFor } from './render/look.ts'

const actions: Actions = {
  check: async (options) => (await import('./commands/check.ts')).check(options),
  plan: async (options) => (await import('./commands/plan.ts')).plan(options),
  run: async (options) => (await import('./commands/run.ts')).run(options),
  replay: async (options) => (await import('./commands/replay.ts')).replay(options),
  dump: async (options) => (await import('./commands/dump.ts')).dump(options),
  test: async (options) => (await import('./commands/test.ts')).test(options),
  data: async (options) => (await import('./commands/data/data.ts')).data(options),
  checkpoint: async (options) => (await import('./commands/checkpoint/checkpoint.ts')).checkpoint(options),
  eval: async (options) => (await import('./commands/eval/eval.ts')).evaluate(options),
  embed: async (options) => (await import('./commands/embed/embed.ts')).embed(options),
  compare: async (options) => (await import('./commands/embed/compare.ts')).compare(options),
  report: async (options) => (await import('./commands/report.ts')).report(options),
  runs: async (options) => (await import('./commands/runs.ts')).runs(options),
  export: async (options) => (await import('./commands/export/export.ts')).exportNetwork(options),
  install: async (options) => (await import('./commands/install.ts')).install(options),
  doctor: async (options) =>
    options.writeMachine === undefined
      ? (await import('./commands/doctor.ts')).doctor(options)
      : (await import('./commands/write-machine.ts')).writeMachine(options),
}

function fail(error: unknown): ExitCode {
  const { palette } = lookFor(process.stderr, process.env, process.argv.includes('--no-color') ? false : undefined)
  const failure = describeFailure(error, palette, process.env.ARCC_DEBUG === '1')
  process.stderr.write(`${failure.lines.join('\n')}\n`)
  return failure.exitCode
}

async function main(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok
  const program = createProgram(packageVersion(), actions, (ended) => {
    code = ended
  })
  for (const command of everyCommand(program)) command.exitOverride()
  try {
    await program.parseAsync(argv, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.user
    return fail(error)
  }
}

/** XLA writes its log to stderr, over the panel; only ARCC_DEBUG=1 allows it. */
if (process.env.ARCC_DEBUG !== '1') process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'

watchStandardStreams()
watchUncaught((error) => endProcess(fail(error)))
// Not awaited: the bundle is CommonJS.
void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
