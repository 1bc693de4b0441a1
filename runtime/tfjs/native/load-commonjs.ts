/** Loads modules of CommonJS from text: a package runs as it was published, without being where Node.js resolves its imports. */
import { dirname, resolve } from 'node:path'
import { compileFunction } from 'node:vm'

interface ModuleRecord {
  exports: unknown
}

/** Returns the exports of a module by its path; each module is run once. */
export type LoadModule = (path: string) => unknown

/**
 * `read` returns the text of a module. `provide` returns the exports for a name that a module requires, and `undefined` for a
 * relative name that is a file of the package.
 */
export function commonJsLoader(read: (path: string) => string, provide: (name: string) => unknown): LoadModule {
  const modules = new Map<string, ModuleRecord>()
  const load: LoadModule = (path) => {
    const known = modules.get(path)
    if (known !== undefined) return known.exports
    const module: ModuleRecord = { exports: {} }
    // Before it runs: modules may require each other.
    modules.set(path, module)
    const run = compileFunction(read(path), ['module', 'exports', 'require'], { filename: path })
    run(module, module.exports, (name: string) => provide(name) ?? load(`${resolve(dirname(path), name)}.js`))
    return module.exports
  }
  return load
}
