/** Where arcc keeps what it can recompute or download again; imports nothing of arcc, since it stands before every start. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/** `$ARCC_CACHE`, else `$XDG_CACHE_HOME/arcc`, else `~/.cache/arcc`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.ARCC_CACHE) return env.ARCC_CACHE
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'arcc')
}
