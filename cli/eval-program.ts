/** The command line of `arcc eval`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { EvalOptions, WithoutColor } from './commands/options.ts'
import type { NetworkRequest } from './host/network/with-network.ts'
import { addNetworkOptions, networkArgument, networkRequest } from './network-options.ts'
import { whole } from './whole-number.ts'

type Raw = Partial<Omit<NetworkRequest, 'path'>> &
  Partial<Pick<EvalOptions, 'root' | 'pairs' | 'seed' | 'far' | 'folder'>> & { readonly json?: boolean }

function rate(value: string): number {
  const number = Number(value)
  if (value.trim() === '' || !(number > 0 && number < 1))
    throw new InvalidArgumentError('Write it as a rate between 0 and 1, as in 1e-3.')
  return number
}

/** Adds `eval`. */
export function addEvalCommand(program: Command, run: (options: WithoutColor<EvalOptions>) => Promise<void>): void {
  const command = program
    .command('eval')
    .description('verify a network on pairs of pictures: accuracy, TAR at FAR with thresholds, ROC, groups')
    .argument('<network>', networkArgument)
    .argument(
      '[sets...]',
      "sets of the run's experiment, .bin files, lists of pairs, folders of people (default: all sets of the experiment)",
    )
    .option('--root <folder>', "the folder of a list's pictures (default: that of the list)")
    .addOption(
      new Option(
        '--pairs <pairs>',
        'pairs to draw from a folder of people, a multiple of 20 (default: 6000, or fewer)',
      ).argParser(whole(20)),
    )
    .addOption(new Option('--seed <seed>', 'the seed of the drawn pairs (default: 1)').argParser(whole(0)))
    .addOption(
      new Option(
        '--far <rate>',
        'the false accept rate of the recommended threshold (default: the smallest that the set determines)',
      ).argParser(rate),
    )
    .option('--folder <folder>', 'where the evaluations are written (default: evaluations in the folder of the run)')
  addNetworkOptions(command)
    .option('--json', 'print the evaluations as JSON, one per line')
    .action(async (path: string, sets: string[], raw: Raw) => {
      const { root, pairs, seed, far, folder, json, ...network } = raw
      const format = json ? 'json' : 'text'
      await run({ network: networkRequest(path, network), sets, root, pairs, seed, far, folder, format })
    })
}
