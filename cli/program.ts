/** The command line: commands, arguments and options, and nothing of what they do. */
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import { engineNames } from '../runtime/engine.ts'
import {
  type Actions,
  type CheckOptions,
  type DoctorOptions,
  type DumpOptions,
  dumpGraphs,
  dumpPhases,
  type InstallOptions,
  installable,
  type PlanOptions,
  type RunOptions,
} from './commands/options.ts'
import type { ExitCode } from './render/exit.ts'
import { planFormats } from './render/format-plan.ts'

function setting(value: string, earlier: readonly string[]): readonly string[] {
  if (!/^[^=]+=/.test(value))
    throw new InvalidArgumentError('Write it as path=value, as in train.batch="64 per device".')
  return [...earlier, value]
}

const setOption = () =>
  new Option('--set <path=value>', 'override a field; may be given several times')
    .argParser(setting)
    .default([], 'as the file says')

const fileArgument = 'an .arc file'
const nameArgument = 'the experiment, where the file holds several'

type Raw<T> = Partial<T> & { readonly json?: boolean; readonly plain?: boolean }

/** The program; `finish` gets the exit code of the command that ran. */
export function createProgram(version: string, actions: Actions, finish: (code: ExitCode) => void): Command {
  const program = new Command('arcc')
    .description('Checks, plans and runs face-recognition experiments written in .arc files.')
    .version(version, '-V, --version', 'show the version')
    .option('--color', 'colours even where the output is no terminal')
    .option('--no-color', 'no colours (also: NO_COLOR=1)')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .showHelpAfterError('(arcc help shows what there is)')
  const color = () =>
    program.getOptionValueSource('color') === 'cli' ? program.opts<{ color: boolean }>().color : undefined

  program
    .command('check')
    .description('check files: syntax, names, types, units, shapes')
    .argument('<files...>', '.arc files')
    .addOption(setOption())
    .option('--json', 'diagnostics as JSON')
    .action(async (files: string[], raw: Raw<CheckOptions>) => {
      finish(await actions.check({ color: color(), files, set: raw.set ?? [], format: raw.json ? 'json' : 'text' }))
    })

  program
    .command('plan')
    .description('show what a run will take: shards, memory, collectives, time')
    .argument('<file>', fileArgument)
    .argument('[experiment]', nameArgument)
    .addOption(setOption())
    .addOption(new Option('--format <format>', 'form of the plan').choices(planFormats).default('text'))
    .option('--exact', "ask the GPU's own compiler for the memory; needs no GPU, fetches 230 MB once")
    .option('-o, --output <file>', 'write it to a file')
    .action(async (file: string, experiment: string | undefined, raw: Raw<PlanOptions>) => {
      const { set = [], format = 'text', exact = false, output } = raw
      finish(await actions.plan({ color: color(), file, experiment, set, format, exact, output }))
    })

  program
    .command('run')
    .description('train and verify')
    .argument('<file>', fileArgument)
    .argument('[experiment]', nameArgument)
    .addOption(setOption())
    .addOption(new Option('--engine <engine>', 'what computes it').choices(engineNames).default('xla'))
    .option('--emulate', "run a plan of GPUs on virtual devices of this computer's CPU, to try it")
    .option('--folder <folder>', 'where the run is kept (default: the next free runs/NAME-001)')
    .addOption(new Option('--plain', 'lines instead of a live panel').conflicts('json'))
    .option('--json', 'events as JSON, one a line')
    .action(async (file: string, experiment: string | undefined, raw: Raw<RunOptions>) => {
      const { set = [], engine = 'xla', emulate = false, folder } = raw
      const progress = raw.json ? 'json' : raw.plain ? 'plain' : 'auto'
      finish(await actions.run({ color: color(), file, experiment, set, engine, emulate, folder, progress }))
    })

  program
    .command('dump')
    .description('show what the compiler made of a file')
    .argument('<file>', fileArgument)
    .argument('[experiment]', nameArgument)
    .addOption(setOption())
    .addOption(new Option('--after <phase>', 'the phase to stop after').choices(dumpPhases).default('plan'))
    .addOption(
      new Option('--graph <graph>', 'which graph, after plan and stablehlo').choices(dumpGraphs).default('step'),
    )
    .option('--locations', 'say of each op from which place of the file it comes')
    .option('-o, --output <file>', 'write it to a file')
    .action(async (file: string, experiment: string | undefined, raw: Raw<DumpOptions>) => {
      const { set = [], after = 'plan', graph = 'step', locations = false, output } = raw
      finish(await actions.dump({ color: color(), file, experiment, set, after, graph, locations, output }))
    })

  program
    .command('test')
    .description('run the test declarations of .arc files')
    .argument('<paths...>', '.arc files, or folders of them')
    .action(async (paths: string[]) => {
      finish(await actions.test({ color: color(), paths }))
    })

  program
    .command('install')
    .description('fetch what an engine needs: NVIDIA CUDA libraries, or the XLA plugin for the CPU')
    .addArgument(new Argument('[what]', 'cuda takes 2 GB to fetch; list where nothing is named').choices(installable))
    .addOption(new Option('--list', 'show what is installed, and where').conflicts('remove'))
    .option('--remove', 'delete it again')
    .option('--json', 'the list as JSON')
    .action(async (what: InstallOptions['what'], raw: { list?: boolean; remove?: boolean; json?: boolean }) => {
      if (raw.remove && what === undefined)
        program.error('error: name what to remove, as in "arcc install --remove cuda"')
      const action = raw.remove ? 'remove' : raw.list || what === undefined ? 'list' : 'install'
      finish(await actions.install({ color: color(), what, action, format: raw.json ? 'json' : 'text' }))
    })

  program
    .command('doctor')
    .description('check this computer: node, engines, disk, memory')
    .option('--json', 'findings as JSON')
    .option('--write-machine [file]', 'measure how fast this computer is, a minute, for plans on `cpu`')
    .action(async (raw: Raw<DoctorOptions>) => {
      const { writeMachine } = raw
      finish(await actions.doctor({ color: color(), format: raw.json ? 'json' : 'text', writeMachine }))
    })

  return program
}
