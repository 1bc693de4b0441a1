/** The options of `arcc eval --ijb` and `arcc eval --all-to-all`. */
import { type Command, Option } from 'commander'
import { type IjbSubset, ijbSubsets } from '../runtime/evaluate/ijb/ijb-set.ts'

/** As commander gives them. */
export interface RawIjbOptions {
  readonly ijb?: string
  readonly subset?: IjbSubset
  readonly identification?: boolean
  readonly flip: boolean
  readonly norm: boolean
  readonly detectorScore: boolean
  readonly scores?: boolean
}

export interface RawAllToAllOptions {
  readonly allToAll?: string
  readonly plan?: boolean
}

/** Adds `--ijb` and its switches, those of insightface's programs. */
export function addIjbOptions(command: Command): Command {
  return command
    .option('--ijb <root>', 'verify templates of IJB-B or IJB-C: a folder with meta and loose_crop')
    .addOption(new Option('--subset <subset>', 'which of them (default: the one that is there)').choices(ijbSubsets))
    .option('--identification', 'identify the probes in the gallery, too (1:N)')
    .option('--no-flip', 'do not add the embeddings of mirror images')
    .option('--no-norm', 'normalize the embedding of each picture before templates are made of them')
    .option('--no-detector-score', "do not weight pictures by the detector's score")
    .option('--scores', 'write the score of each pair, as scores.npy')
}

/** Adds `--all-to-all` and `--plan`. */
export function addAllToAllOptions(command: Command): Command {
  return command
    .option(
      '--all-to-all <source>',
      'compare each two pictures of a data set: a folder, a file, or a data set expression',
    )
    .addOption(
      new Option('--plan', 'only print how much memory and time --all-to-all takes, on this computer').conflicts(
        'nodes',
      ),
    )
}
