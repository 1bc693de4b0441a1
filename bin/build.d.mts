import type { BuildOptions } from 'esbuild'

/** How everything of this package is bundled; other programs than the command line are bundled by it too. */
export declare const bundleOptions: BuildOptions
/** Builds `dist/` of a package folder; returns the path of `arcc.cjs`. */
export declare function build(root?: string): Promise<string>
