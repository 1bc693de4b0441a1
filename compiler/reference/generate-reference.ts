/**
 * Writes the reference: `docs/fields.md` and `docs/reference/*.md`, from the tables of the compiler and the standard library. Run by
 * `npm run reference`; a test fails if a page is out of date. Not part of the product.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Host } from '../host/host.ts'
import { fieldsPage } from './fields-page.ts'
import { libraryPages } from './library-pages.ts'
import { type Page, pageText } from './markdown.ts'
import { typesPage } from './types-page.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** A computer without GPUs, on which the reference is the same everywhere. */
function libraryHost(): Host {
  const folder = join(root, 'stdlib')
  const files = readdirSync(folder).filter((file) => file.endsWith('.arc'))
  const names = files.map((file) => file.replace(/(\.gen)?\.arc$/, ''))
  return {
    readSource: () => undefined,
    readStdlib(name) {
      const file = files[names.indexOf(name)]
      return file === undefined ? undefined : { path: `std/${file}`, text: readFileSync(join(folder, file), 'utf8') }
    },
    stdlibNames: names,
    env: () => undefined,
    countDataset: () => undefined,
    machineProfile: () => undefined,
    cpuProfile: () => undefined,
    cpuKernels: () => 'native',
    localMachine: () => ({ gpus: [], nvlink: false, cores: 1, memory: 2 ** 34 }),
  }
}

/** What each page should be: path within the repository and text. */
export function generateReference(): readonly { readonly path: string; readonly text: string }[] {
  const pages: readonly Page[] = [fieldsPage(), typesPage(), ...libraryPages(libraryHost())]
  return pages.map((page) => ({ path: page.path, text: pageText(page) }))
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const { path, text } of generateReference()) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
