/**
 * Writes `stdlib/prelude.gen.arc` and `table.gen.ts` from the signatures and doc comments of the primitives, which are declared
 * nowhere else. Run by `npm run prelude`; a test fails if the files are out of date. Not part of the product.
 */
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FunctionDeclaration, type ParameterDeclaration, Project, type TypeNode } from 'ts-morph'
import { bug, need } from '../../grammar/diagnostic.ts'
import { type Marshal, types } from './marshal-types.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const root = join(folder, '../..')

/** The files that declare primitives, in the order of the prelude, with the titles of their parts of it. */
const sources = {
  parameter: 'Weights and buffers',
  convolution: 'Convolutions and products',
  normalization: 'Normalization',
  shape: 'Shapes and channels',
  pool: 'Pooling',
  arrange: 'Arranging tensors',
  reduce: 'Reductions',
  random: 'Randomness in training',
  math: 'Numbers',
  weights: 'Whole weights',
  batch: 'The whole batch',
  training: 'Training',
  world: 'Lists, the environment, links',
  computer: 'This computer',
} as const

const files = Object.keys(sources)

/** The unit of a default in the language: a number of seconds needs one. */
const unitOf: { readonly [K in Marshal]?: string } = { Time: ' s', Bandwidth: ' B/s' }

function marshalOf(node: TypeNode | undefined, where: string): Marshal {
  const name = node?.getText() ?? bug(`${where} has no type`)
  const known = Object.keys(types).find((type): type is Marshal => type === name)
  return known ?? bug(`${where}: \`${name}\` is not a type of the language`)
}

function showDefault(parameter: ParameterDeclaration, type: Marshal): string {
  const initializer = parameter.getInitializer()
  if (initializer === undefined) return ''
  const text = initializer.getText()
  const string = /value: '([^']*)'/.exec(text)?.[1]
  return ` = ${type === 'StringArg' ? `"${need(string, 'the string of a default')}"` : text}${unitOf[type] ?? ''}`
}

interface Primitive {
  readonly name: string
  readonly file: string
  readonly arc: string
  readonly entry: string
}

function describe(file: string, declaration: FunctionDeclaration): Primitive {
  const name = need(declaration.getName(), 'the name of a primitive')
  const [call, ...parameters] = declaration.getParameters()
  if (call?.getTypeNode()?.getText() !== 'Call') return bug(`${name}: the first parameter is not a Call`)
  const doc = declaration
    .getJsDocs()
    .map((comment) => comment.getDescription().trim())
    .join('\n')
  if (doc === '') return bug(`${name} has no doc comment`)
  const described = parameters.map((parameter) => {
    const type = marshalOf(parameter.getTypeNode(), `${name}(${parameter.getName()})`)
    const text = `${parameter.getName()}: ${types[type]}${showDefault(parameter, type)}`
    return { type, text, entry: `['${parameter.getName()}', '${type}']` }
  })
  const result = marshalOf(declaration.getReturnTypeNode(), `the result of ${name}`)
  const docLines = doc.split('\n').map((line) => `/// ${line}`.trimEnd())
  return {
    name,
    file,
    arc: `${docLines.join('\n')}\nextern fn ${name}(${described.map((p) => p.text).join(', ')}) -> ${types[result]}\n`,
    entry: `  ${name}: { run: ${file}.${name}, parameters: [${described.map((p) => p.entry).join(', ')}], result: '${result}' },`,
  }
}

/** The expected contents of both files: path within the repository and text. */
export function generatePrelude(): readonly { readonly path: string; readonly text: string }[] {
  const project = new Project({ skipAddingFilesFromTsConfig: true })
  const parts = Object.entries(sources).map(([file, title]) => {
    const source = project.addSourceFileAtPath(join(folder, `${file}.ts`))
    const declared = source.getFunctions().filter((declaration) => declaration.isExported())
    return { title, primitives: declared.map((declaration) => describe(file, declaration)) }
  })
  const primitives = parts.flatMap((part) => part.primitives)
  const written = parts.map((part) => `// ${part.title}\n\n${part.primitives.map((p) => p.arc).join('\n')}`)
  const arc = `// Written by \`npm run prelude\` from compiler/primitives: do not edit.\n\n${written.join('\n')}`
  const table = `// Written by \`npm run prelude\` from the signatures of this folder: do not edit.
${files.map((file) => `import * as ${file} from './${file}.ts'`).join('\n')}
import type { PrimitiveEntry } from './marshal-types.ts'

export const primitives: { readonly [name: string]: PrimitiveEntry } = {
${primitives.map((p) => p.entry).join('\n')}
}
`
  return [
    { path: 'stdlib/prelude.gen.arc', text: arc },
    { path: 'compiler/primitives/table.gen.ts', text: table },
  ]
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const { path, text } of generatePrelude()) writeFileSync(join(root, path), text)
