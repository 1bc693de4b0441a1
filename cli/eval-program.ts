/** The command line of `arcc eval`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { EvalOptions, EvalPairsOptions, WithoutColor } from './commands/options.ts'
import type { NetworkRequest } from './host/network/with-network.ts'
import { addAllToAllOptions, addIjbOptions, type RawAllToAllOptions, type RawIjbOptions } from './ijb-options.ts'
import { addMeetingOptions, meetingOptions, type RawMeeting } from './meeting-options.ts'
import { addNetworkOptions, networkArgument, networkRequest } from './network-options.ts'
import { whole } from './whole-number.ts'

type Raw = Partial<Omit<NetworkRequest, 'path'>> &
  RawMeeting &
  Partial<Pick<EvalPairsOptions, 'root' | 'pairs' | 'seed' | 'far' | 'folder'>> &
  RawIjbOptions &
  RawAllToAllOptions & { readonly json?: boolean }

/** Options of one kind of evaluation only. */
const ownOptions: { readonly [W in EvalOptions['what']]: readonly string[] } = {
  pairs: ['root', 'pairs', 'seed', 'far'],
  ijb: ['subset', 'identification', 'flip', 'norm', 'detectorScore', 'scores'],
  'all-to-all': ['plan'],
}

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
  addAllToAllOptions(addIjbOptions(command))
  addMeetingOptions(addNetworkOptions(command))
    .option('--json', 'print the evaluations as JSON, one per line')
    .action(async (path: string, sets: string[], raw: Raw) => {
      const { folder, json, ijb, allToAll } = raw
      const what = ijb !== undefined ? 'ijb' : allToAll !== undefined ? 'all-to-all' : 'pairs'
      refuseOthers(command, what, sets)
      const [network, meeting] = [networkRequest(path, raw), meetingOptions(raw)]
      const common = { network, meeting, folder, format: json ? 'json' : 'text' } as const
      if (ijb !== undefined) {
        const { subset, identification = false, flip, norm, detectorScore, scores = false } = raw
        const switches = { mirrored: flip, norm, detector: detectorScore }
        await run({ ...common, what: 'ijb', root: ijb, subset, identification, switches, scores })
      } else if (allToAll !== undefined) {
        await run({ ...common, what: 'all-to-all', source: allToAll, plan: raw.plan ?? false })
      } else {
        const { root, pairs, seed, far } = raw
        await run({ ...common, what: 'pairs', sets, root, pairs, seed, far })
      }
    })
}

/** Ends with a usage error if the command line has something of another kind of evaluation. */
function refuseOthers(command: Command, what: EvalOptions['what'], sets: readonly string[]): void {
  const flag = (name: string) => command.options.find((option) => option.attributeName() === name)?.long ?? name
  const others = Object.entries(ownOptions).flatMap(([kind, names]) => (kind === what ? [] : names))
  const other = others.find((name) => command.getOptionValueSource(name) === 'cli')
  const kind = what === 'pairs' ? 'sets of pairs' : `--${what}`
  if (other !== undefined) command.error(`error: option '${flag(other)}' does not apply to ${kind}`)
  if (what !== 'pairs' && sets.length > 0) command.error(`error: ${kind} does not go with sets: ${sets.join(', ')}`)
  if (command.getOptionValueSource('ijb') === 'cli' && command.getOptionValueSource('allToAll') === 'cli')
    command.error("error: option '--ijb' cannot be used with option '--all-to-all'")
}
