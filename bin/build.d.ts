import type { BuildOptions } from 'esbuild'

export declare const sourceFolders: readonly string[]
/** The package's folder. */
export declare const packageFolder: string
/** How everything of this package is bundled; other programs than the command line are bundled by it too. */
export declare const bundleOptions: BuildOptions
/** Builds `dist/` of a package folder; returns the path of `arcc.js`. */
export declare function build(root?: string): Promise<string>
/** Whether `dist/arcc.js` is missing or older than what it is made of. */
export declare function isStale(root?: string): boolean
