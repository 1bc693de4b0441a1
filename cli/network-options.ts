/** The options of commands that run a network: where its weights are from, and on what it runs. */
import { type Command, Option } from 'commander'
import { precisions } from '../compiler/ir/dtype.ts'
import { engineNames } from '../runtime/engine-name.ts'
import type { NetworkRequest } from './host/network/with-network.ts'
import { whole } from './whole-number.ts'

export const networkArgument = 'the folder of a run, a checkpoint, or a file of weights (safetensors, .pt)'

type RawSource = Partial<Pick<NetworkRequest, 'backbone' | 'experiment'>>
type RawNetwork = RawSource & Partial<Pick<NetworkRequest, 'engine' | 'devices' | 'batch' | 'precision'>>

/** Adds `--backbone` and `--experiment`, for weights that say nothing of their network. */
export function addSourceOptions(command: Command): Command {
  return command
    .option('--backbone <expression>', 'the backbone, as in "r50(embedding: 256)" (default: the one that fits)')
    .addOption(
      new Option('--experiment <file>', 'an .arc file that declares the backbone: FILE, or FILE#NAME').conflicts(
        'backbone',
      ),
    )
}

/** Adds the options of `networkRequest`. */
export function addNetworkOptions(command: Command): Command {
  return addSourceOptions(command)
    .addOption(new Option('--engine <engine>', 'execution engine').choices(engineNames).default('xla'))
    .addOption(
      new Option('--devices <devices>', 'number of devices (default: all GPUs, or one device of the CPU)').argParser(
        whole(1, 1024),
      ),
    )
    .addOption(new Option('--batch <images>', 'images per device at a time').argParser(whole(1, 65_536)))
    .addOption(new Option('--precision <type>', 'element type of convolutions').choices(precisions).default('f32'))
}

export function networkRequest(path: string, raw: RawNetwork): NetworkRequest {
  const { backbone, experiment, engine = 'xla', devices, batch, precision = 'f32' } = raw
  return { path, backbone, experiment, engine, devices, batch, precision }
}
