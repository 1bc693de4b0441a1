/** Compiling for devices that are not present: a topology description replaces a client. */
import type { PjrtLibrary } from './library.ts'
import { struct, structArray } from './memory.ts'
import { namedValue } from './named-value.ts'

/** A program's memory on one device, in bytes. */
export interface CompiledMemory {
  readonly arguments: number
  readonly outputs: number
  /** Outputs that reuse the memory of arguments. */
  readonly alias: number
  readonly temporaries: number
  /** The maximum in use at once, including arguments. */
  readonly peak: number
  readonly generatedCode: number
}

/** Creates a topology, `PJRT_TopologyDescription*`; `options` are the plugin's own. Throws a PjrtError if it is refused. */
export function createTopology(library: PjrtLibrary, options: Readonly<Record<string, string>>): bigint {
  const name = Buffer.from('arcc')
  const values = Object.entries(options).map(([option, text]) => namedValue(option, { text }))
  const reply = library.call('PJRT_TopologyDescription_Create', {
    topology_name: name,
    topology_name_size: name.length,
    create_options: structArray(values),
    num_options: values.length,
  })
  return reply.get('topology')
}

/** Compiles StableHLO text for a topology and returns its memory. Throws a PjrtError with the compiler's message. */
export async function compileForTopology(
  library: PjrtLibrary,
  topology: bigint,
  stablehlo: string,
  options: Buffer,
): Promise<CompiledMemory> {
  const code = Buffer.from(stablehlo, 'utf8')
  const format = Buffer.from('mlir')
  const reply = await library.callAsync('PJRT_Compile', {
    topology,
    program: struct('PJRT_Program', { code, code_size: code.length, format, format_size: format.length }),
    compile_options: options,
    compile_options_size: options.length,
  })
  const executable = reply.get('executable')
  try {
    const memory = library.call('PJRT_Executable_GetCompiledMemoryStats', { executable })
    return {
      arguments: memory.get('argument_size_in_bytes'),
      outputs: memory.get('output_size_in_bytes'),
      alias: memory.get('alias_size_in_bytes'),
      temporaries: memory.get('temp_size_in_bytes'),
      peak: memory.get('peak_memory_in_bytes'),
      generatedCode: memory.get('generated_code_size_in_bytes'),
    }
  } finally {
    library.call('PJRT_Executable_Destroy', { executable })
  }
}
