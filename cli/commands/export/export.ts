/** `arcc export`. */
import type { ExitCode } from '../../render/exit.ts'
import { processOutput } from '../../render/output.ts'
import type { ExportOptions } from '../options.ts'

export async function exportNetwork(options: ExportOptions): Promise<ExitCode> {
  switch (options.to) {
    case 'onnx':
      return (await import('./onnx.ts')).exportOnnxFile(options)
    case 'torch':
      return (await import('./torch.ts')).exportTorch(options, processOutput(options.color))
    case 'hugging-face':
      return (await import('./hugging-face.ts')).exportHuggingFace(options, processOutput(options.color))
  }
}
