/** The command line of `arcc report` and `arcc runs`. */
import type { Command } from 'commander'
import type { ReportOptions, RunsOptions, WithoutColor } from './commands/options.ts'

/** Where `arcc run` puts runs. */
const usualFolder = 'runs'

interface ReportActions {
  report(options: WithoutColor<ReportOptions>): Promise<void>
  runs(options: WithoutColor<RunsOptions>): Promise<void>
}

/** Adds `report`, `runs` and `runs diff`. */
export function addReportCommands(program: Command, { report, runs }: ReportActions): void {
  program
    .command('report')
    .description('write a page about a run: curves, verification, plan, events; or about several side by side')
    .argument('<runs...>', 'folders of runs')
    .option('-o, --output <file>', 'the page (default: report.html in the folder of the first run)')
    .action(async ([first = '', ...others]: string[], { output }: { output?: string }) => {
      await report({ runs: [first, ...others], output })
    })

  const list = program
    .command('runs')
    .description('list runs with their states and best scores')
    .argument('[folder]', 'the folder that has the runs', usualFolder)
    .option('--by <set>', 'sort by the best score on a verification set, as in --by lfw (default: newest first)')
    .option('--json', 'print the list as JSON')
    .action(async (folder: string, { by, json }: { by?: string; json?: boolean }) => {
      await runs({ what: 'list', folder, by, format: json ? 'json' : 'text' })
    })

  list
    .command('diff')
    .description('show the fields in which two runs differ, and their results side by side')
    .argument('<a>', 'the folder of a run')
    .argument('<b>', 'the folder of another run')
    .option('--json', 'print the differences as JSON')
    .action(async (a: string, b: string, _: unknown, command: Command) => {
      // `--json` is an option of `runs`, too, which may take it.
      const { json } = command.optsWithGlobals<{ json?: boolean }>()
      await runs({ what: 'diff', a, b, format: json ? 'json' : 'text' })
    })
}
