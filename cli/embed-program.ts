/** The command line of `arcc embed` and `arcc compare`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Actions } from './commands/options.ts'
import { addMeetingOptions, meetingOptions, type RawMeeting } from './meeting-options.ts'
import { addNetworkOptions, networkArgument, networkRequest } from './network-options.ts'
import type { ExitCode } from './render/exit.ts'

type RawNetwork = Parameters<typeof networkRequest>[1]

function cosine(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= -1 && value <= 1) return value
  throw new InvalidArgumentError('Write a cosine, a number from -1 to 1.')
}

interface RawEmbed extends RawNetwork, RawMeeting {
  readonly out: string
  readonly set?: readonly string[]
  readonly flip?: boolean
  readonly normalize?: boolean
  readonly f16?: boolean
  readonly skipDamaged?: boolean
  readonly resume?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

/** Adds `embed` and `compare`. */
export function addEmbedCommands(
  program: Command,
  setOption: () => Option,
  actions: Pick<Actions, 'embed' | 'compare'>,
  color: () => boolean | undefined,
  finish: (code: ExitCode) => void,
): void {
  const embed = program
    .command('embed')
    .description('write the embeddings of all pictures of a folder or a data set')
    .argument('<path>', networkArgument)
    .argument('<source>', 'a folder, list or packed set of pictures, a data set such as "ms1mv3", or FILE.arc#NAME')
    .requiredOption('--out <file>', 'a .npy, .safetensors or .parquet file')
    .option('--flip', 'add the embedding of the mirror image, as verification does')
    .option('--normalize', 'divide each embedding by its length')
    .option('--f16', 'write 16-bit floats')
    .option('--skip-damaged', 'leave out pictures that cannot be read, and list them')
    .option('--resume', 'go on where an interrupted command stopped')
    .option('--force', 'replace an existing file, and forget an unfinished one')
    .addOption(setOption())
    .option('--json', 'print the result as JSON')
  addMeetingOptions(addNetworkOptions(embed)).action(async (path: string, source: string, raw: RawEmbed) => {
    const { out, set = [], flip = false, normalize = false, f16 = false } = raw
    const { skipDamaged = false, resume = false, force = false } = raw
    const format = raw.json ? 'json' : 'text'
    const network = networkRequest(path, raw)
    const how = { flip, normalize, f16, skipDamaged, resume, force, format } as const
    finish(await actions.embed({ color: color(), network, meeting: meetingOptions(raw), source, set, out, ...how }))
  })

  const compare = program
    .command('compare')
    .description('compare faces: the cosine of their embeddings, and whether they show one person')
    .argument('<path>', networkArgument)
    .argument('<faces...>', 'two pictures of aligned faces or more')
    .addOption(
      new Option('--threshold <cosine>', 'least cosine of one person (default: of the newest evaluation)').argParser(
        cosine,
      ),
    )
    .option('--json', 'print the result as JSON')
  addNetworkOptions(compare).action(
    async (path: string, pictures: string[], raw: RawNetwork & { threshold?: number; json?: boolean }) => {
      const { threshold, json } = raw
      const network = networkRequest(path, raw)
      finish(await actions.compare({ color: color(), network, pictures, threshold, format: json ? 'json' : 'text' }))
    },
  )
}
