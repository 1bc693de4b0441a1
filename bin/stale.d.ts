/** The package's folder. */
export declare const packageFolder: string
/** The folders whose TypeScript makes up the command line. */
export declare const sourceFolders: readonly string[]
/** Whether `dist/arcc.cjs` is missing or older than what it is made of. */
export declare function isStale(root?: string): boolean
