/** The command line: commands, arguments and options. `commands/` implements them. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { engineNames } from '../runtime/engine-name.ts'
import { installNames } from '../runtime/wheels/install-name.ts'
import { addCheckpointCommands } from './checkpoint-program.ts'
import {
  type Actions,
  type CheckOptions,
  type DoctorOptions,
  type DumpOptions,
  dumpGraphs,
  dumpPhases,
  type InstallOptions,
  type PlanOptions,
  type ReplayOptions,
  type RunOptions,
} from './commands/options.ts'
import { addDataCommands } from './data-program.ts'
import { addEmbedCommands } from './embed-program.ts'
import { addEvalCommand } from './eval-program.ts'
import { addExportCommand } from './export-program.ts'
import { isPageName } from './host/page-file.ts'
import { addMeetingOptions, meetingOptions, type RawMeeting } from './meeting-options.ts'
import type { ExitCode } from './render/exit.ts'
import { planFormats } from './render/format-plan.ts'
import { addReportCommands } from './report-program.ts'
import { seconds } from './whole-number.ts'

function setting(value: string, earlier: readonly string[]): readonly string[] {
  if (!/^[^=]+=/.test(value))
    throw new InvalidArgumentError('Write it as path=value, as in train.batch="64 per device".')
  return [...earlier, value]
}

/** What Kubernetes, Slurm and systemd leave, or less. */
const defaultGrace = 30

const setOption = () =>
  new Option('--set <path=value>', 'override a field (repeatable)')
    .argParser(setting)
    .default([], 'the values in the file')

const noMeasureOption = () =>
  new Option('--no-measure', 'do not measure this computer before the first plan on its CPU (5 to 8 seconds, once)')

const fileArgument = 'an .arc file'
const nameArgument = 'the experiment, if the file contains several'

/** A command and all of its subcommands. */
export function everyCommand(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(everyCommand)]
}

type Raw<T> = Partial<T> & { readonly json?: boolean; readonly plain?: boolean }

type RawRun = Raw<RunOptions> & RawMeeting & { readonly continue?: boolean }

/** The program; `finish` receives the exit code of the executed command. */
export function createProgram(version: string, actions: Actions, finish: (code: ExitCode) => void): Command {
  const program = new Command('arcc')
    .description('Checks, plans and runs face-recognition experiments written in .arc files.')
    .version(version, '-V, --version', 'show the version')
    .option('--color', 'use colors even if the output is not a terminal')
    .option('--no-color', 'do not use colors (also: NO_COLOR=1)')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .showHelpAfterError('(run "arcc help" for a list of commands)')
  const color = () =>
    program.getOptionValueSource('color') === 'cli' ? program.opts<{ color: boolean }>().color : undefined

  program
    .command('check')
    .description('check syntax, names, types, units and shapes')
    .argument('<files...>', '.arc files')
    .addOption(setOption())
    .option('--json', 'print diagnostics as JSON')
    .action(async (files: string[], raw: Raw<CheckOptions>) => {
      finish(await actions.check({ color: color(), files, set: raw.set ?? [], format: raw.json ? 'json' : 'text' }))
    })

  program
    .command('plan')
    .description('predict the shards, memory, collectives and time of a run')
    .argument('<file>', fileArgument)
    .argument('[experiment]', nameArgument)
    .addOption(setOption())
    .addOption(
      new Option('--format <format>', 'output format (default: text; html for -o FILE.html)').choices([
        ...planFormats,
        'html',
      ]),
    )
    .option('--exact', 'compile with XLA for exact memory figures (needs no GPU; downloads 230 MB once)')
    .addOption(noMeasureOption())
    .addOption(new Option('-o, --output <file>', 'write the output to a file'))
    .addOption(
      new Option('--html <file>', 'write a page with charts, the timeline and the graph').conflicts([
        'format',
        'output',
      ]),
    )
    .action(async (file: string, experiment: string | undefined, raw: Raw<PlanOptions> & { html?: string }) => {
      const { set = [], exact = false, measure = true, html } = raw
      const output = html ?? raw.output
      const format =
        html !== undefined ? 'html' : (raw.format ?? (output !== undefined && isPageName(output) ? 'html' : 'text'))
      finish(await actions.plan({ color: color(), file, experiment, set, format, exact, measure, output }))
    })

  const runCommand = program
    .command('run')
    .description('train and verify')
    .argument('[file]', `${fileArgument}; a resumed run has its own`)
    .argument('[experiment]', nameArgument)
    .addOption(setOption())
    .addOption(
      new Option('--engine <engine>', 'execution engine (default: xla, or that of the resumed run)').choices(
        engineNames,
      ),
    )
    .option('--emulate', "run a plan for GPUs on virtual devices of this computer's CPU")
    .addOption(noMeasureOption())
    .addOption(new Option('--folder <folder>', 'run folder (default: the next free runs/NAME-001)').conflicts('resume'))
    .option('--resume <run>', 'go on with the run in this folder, from its newest checkpoint')
    .addOption(
      new Option('--continue', 'go on with the run in --folder if it has begun, otherwise start it').conflicts(
        'resume',
      ),
    )
    .addOption(
      new Option('--grace <seconds>', 'seconds between SIGTERM and the end of the process')
        .argParser(seconds)
        .default(defaultGrace),
    )
  addMeetingOptions(runCommand)
    .addOption(new Option('--plain', 'print lines instead of a live panel').conflicts('json'))
    .option('--json', 'print events as JSON, one per line')
  runCommand.action(async (file: string | undefined, experiment: string | undefined, raw: RawRun) => {
    const { set = [], engine, emulate = false, measure = true, folder, resume, grace = defaultGrace } = raw
    if (raw.continue === true && folder === undefined)
      runCommand.error('error: --continue needs --folder, which names the run')
    if (file === undefined && resume === undefined)
      runCommand.error("error: missing required argument 'file'; only --resume can do without it")
    const progress: RunOptions['progress'] = raw.json ? 'json' : raw.plain ? 'plain' : 'auto'
    const given = { color: color(), file, experiment, set, engine, emulate, measure, folder, resume, progress, grace }
    finish(await actions.run({ ...given, continues: raw.continue === true, meeting: meetingOptions(raw) }))
  })

  program
    .command('replay')
    .description('compute a step again that was not finite, and find the first value that is not')
    .argument('<folder>', 'a folder below failures in the folder of a run')
    .addOption(new Option('--engine <engine>', 'execution engine (default: that of the run)').choices(engineNames))
    .option('--json', 'print the result as JSON')
    .action(async (folder: string, raw: Raw<ReplayOptions>) => {
      const format = raw.json ? 'json' : 'text'
      finish(await actions.replay({ color: color(), folder, engine: raw.engine, format }))
    })

  program
    .command('dump')
    .description("show the compiler's output after a phase")
    .argument('<file>', fileArgument)
    .argument('[experiment]', nameArgument)
    .addOption(setOption())
    .addOption(new Option('--after <phase>', 'the phase to stop after').choices(dumpPhases).default('plan'))
    .addOption(
      new Option('--graph <graph>', 'the graph to show after plan and stablehlo').choices(dumpGraphs).default('step'),
    )
    .option('--locations', 'show the source location of each op')
    .option('-o, --output <file>', 'write the output to a file')
    .action(async (file: string, experiment: string | undefined, raw: Raw<DumpOptions>) => {
      const { set = [], after = 'plan', graph = 'step', locations = false, output } = raw
      finish(await actions.dump({ color: color(), file, experiment, set, after, graph, locations, output }))
    })

  program
    .command('test')
    .description('run the test declarations of .arc files')
    .argument('<paths...>', '.arc files or folders')
    .action(async (paths: string[]) => {
      finish(await actions.test({ color: color(), paths }))
    })

  addDataCommands(program, setOption, async (options) => finish(await actions.data({ color: color(), ...options })))
  addReportCommands(program, {
    report: async (options) => finish(await actions.report({ color: color(), ...options })),
    runs: async (options) => finish(await actions.runs({ color: color(), ...options })),
  })
  addCheckpointCommands(program, async (options) => finish(await actions.checkpoint({ color: color(), ...options })))
  addEvalCommand(program, async (options) => finish(await actions.eval({ color: color(), ...options })))
  addEmbedCommands(program, setOption, actions, color, finish)
  addExportCommand(program, async (options) => finish(await actions.export({ color: color(), ...options })))

  program
    .command('install')
    .description(
      'install the libraries of an engine: CUDA for NVIDIA GPUs, the XLA plugin for the CPU, or TensorFlow for the engine tfjs',
    )
    .addArgument(
      new Argument(
        '[what]',
        'what to install (cuda: 2 GB to download, tfjs: 0.3 GB, tfjs-gpu: 3.4 GB); without it, the list is shown',
      ).choices(installNames),
    )
    .addOption(new Option('--list', 'show what is installed and where').conflicts('remove'))
    .option('--remove', 'remove the installed libraries')
    .option('--json', 'print the list as JSON')
    .action(async (what: InstallOptions['what'], raw: { list?: boolean; remove?: boolean; json?: boolean }) => {
      if (raw.remove && what === undefined)
        program.error('error: specify what to remove, as in "arcc install --remove cuda"')
      const action = raw.remove ? 'remove' : raw.list || what === undefined ? 'list' : 'install'
      finish(await actions.install({ color: color(), what, action, format: raw.json ? 'json' : 'text' }))
    })

  program
    .command('doctor')
    .description('check this computer: Node.js, engines, disk, memory')
    .option('--json', 'print findings as JSON')
    .option('--write-machine [file]', 'measure the speed of this computer for plans on `cpu` (takes a minute)')
    .action(async (raw: Raw<DoctorOptions>) => {
      const { writeMachine } = raw
      finish(await actions.doctor({ color: color(), format: raw.json ? 'json' : 'text', writeMachine }))
    })

  return program
}
