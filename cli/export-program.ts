/** The command line of `arcc export`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { engineNames } from '../runtime/engine-name.ts'
import { opsets } from '../runtime/export/onnx/choices.ts'
import type { ExportOptions, WithoutColor } from './commands/options.ts'
import { addSourceOptions, networkArgument } from './network-options.ts'

function tolerance(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value > 0 && value < 1))
    throw new InvalidArgumentError('Write it as a number between 0 and 1, as in 1e-4.')
  return value
}

type Raw = Partial<Omit<WithoutColor<ExportOptions>, 'path' | 'out' | 'opset'>> & { readonly opset?: string }

/** Adds `export`. */
export function addExportCommand(program: Command, run: (options: WithoutColor<ExportOptions>) => Promise<void>): void {
  const command = program
    .command('export')
    .description('write a network as ONNX, and compare it with arcc in ONNX Runtime')
    .argument('<path>', networkArgument)
    .argument('<out>', 'an .onnx file')
  addSourceOptions(command)
    .option('--f16', 'weights and convolutions in half precision')
    .option('--fold', 'make running statistics a part of the layer before, where that is exact (default)')
    .option('--no-fold', 'keep each normalization as an operator of its own')
    .addOption(
      new Option('--preprocess <where>', 'where bytes become numbers in [-1, 1]: outside of the model, or inside')
        .choices(['outside', 'inside'])
        .default('outside'),
    )
    .addOption(
      new Option('--opset <version>', 'version of the operator set')
        .choices(opsets.map(String))
        .default(String(opsets[0])),
    )
    .option('--external', 'put the weights into a file beside the model (default: only beyond 2 GB)')
    .option('--no-external', 'keep the weights in the model')
    .option('--force', 'replace an existing file')
    .option('--check', 'fail unless ONNX Runtime is there to compare (default: compare if it is there)')
    .option('--no-check', 'do not compare')
    .addOption(
      new Option(
        '--tolerance <share>',
        'how far embeddings may be apart, relative to their norm (default: 1e-4, with --f16 2e-2)',
      ).argParser(tolerance),
    )
    .option('--pictures <folder>', 'pictures for the comparison (default: drawn faces)')
    .option('--python <program>', 'a Python that has onnxruntime (default: the npm package, or python3)')
    .addOption(new Option('--engine <engine>', "arcc's engine for the comparison").choices(engineNames).default('xla'))
    .action(async (path: string, out: string, raw: Raw) => {
      const { f16 = false, fold = true, preprocess = 'outside', external, force = false, check } = raw
      const { backbone, experiment, pictures, python, engine = 'xla' } = raw
      const opset = opsets.find((known) => String(known) === raw.opset) ?? opsets[0]
      const source = { path, backbone, experiment }
      const model = { f16, fold, preprocess, opset, external }
      await run({ ...source, ...model, out, force, check, tolerance: raw.tolerance, pictures, python, engine })
    })
}
