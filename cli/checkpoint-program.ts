/** The command line of `arcc checkpoint`. */
import { type Command, Option } from 'commander'
import type { CheckpointOptions, WithoutColor } from './commands/options.ts'
import { whole } from './whole-number.ts'

const pathArgument = 'the folder of a run, for its newest checkpoint, or that of a checkpoint'

/** Adds `checkpoint` and its subcommands. */
export function addCheckpointCommands(
  program: Command,
  run: (options: WithoutColor<CheckpointOptions>) => Promise<void>,
): void {
  const checkpoint = program.command('checkpoint').description('inspect, verify, merge and convert checkpoints')
  const command = (name: string, description: string, path = pathArgument) =>
    checkpoint.command(name).description(description).argument('<path>', path)

  command('inspect', 'show what a checkpoint contains')
    .option('--json', 'print the result as JSON')
    .action(async (path: string, { json }: { json?: boolean }) => {
      await run({ what: 'inspect', path, format: json ? 'json' : 'text' })
    })

  command(
    'verify',
    'compare hashes, and check that each class is there once and every number is finite',
    'the folder of a run, for all of its checkpoints, or that of a checkpoint',
  )
    .option('--json', 'print the result as JSON')
    .action(async (path: string, { json }: { json?: boolean }) => {
      await run({ what: 'verify', path, format: json ? 'json' : 'text' })
    })

  command('merge', 'write a copy with the centers in one file, or in another number of files')
    .argument('<out>', 'the folder of the copy')
    .addOption(new Option('--files <files>', 'number of files').argParser(whole(1, 99_999)).default(1))
    .option('--force', 'replace an existing checkpoint')
    .action(async (path: string, out: string, { files, force = false }: { files: number; force?: boolean }) => {
      await run({ what: 'merge', path, out, files, force })
    })

  command('convert', "write the backbone as one state dict, with the names of arcface_torch's")
    .argument('<out>', 'a .safetensors file')
    .option('--centers', 'add the class centers, as the tensor "centers"')
    .option('--force', 'replace an existing file')
    .action(async (path: string, out: string, raw: { centers?: boolean; force?: boolean }) => {
      await run({ what: 'convert', path, out, centers: raw.centers ?? false, force: raw.force ?? false })
    })
}
