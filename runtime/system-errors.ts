/** What the operating system's errors mean. */

/** System errors by code, for people; where a command ends with another code, arcc has a bug. */
export const systemErrors: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is exceeded',
  EMFILE: 'too many open files',
  ENOMEM: 'out of memory',
  EIO: 'the disk reports an error',
  ENOENT: 'no such file or folder',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it already exists',
  ENOTEMPTY: 'the folder is not empty',
  EFBIG: 'the file would be larger than the system allows (see `ulimit -f`)',
  EBUSY: 'it is in use',
  ETXTBSY: 'it is being executed',
  ENXIO: 'no such device',
  ENODEV: 'no such device',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENFILE: 'too many open files in the whole system',
  EAGAIN: 'a limit of the system is reached (see `ulimit -a`)',
  ESTALE: 'the network file system has lost it',
  ENOTCONN: 'the network file system is not connected',
  EHOSTDOWN: 'the network file system does not answer',
  ETIMEDOUT: 'it took too long',
  EADDRINUSE: 'another process uses the port',
  EADDRNOTAVAIL: 'this computer does not have that address',
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection is closed',
  EHOSTUNREACH: 'the computer cannot be reached',
  ENOTFOUND: 'the name of the computer is unknown',
  EAI_AGAIN: 'the name of the computer cannot be looked up',
}

export interface SystemFailure {
  /** `ENOSPC` */
  readonly code: string
  readonly reason: string
  readonly path: string | undefined
}

/** What the system refused; `undefined` if a value is no error of the system, or one that arcc has no words for. */
export function systemFailure(error: unknown): SystemFailure | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  const code = String(error.code)
  const reason = systemErrors[code]
  if (reason === undefined) return undefined
  return { code, reason, path: 'path' in error && typeof error.path === 'string' ? error.path : undefined }
}

/** What a caught value says, on one line: an error of the system in words, any other as it is. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? systemErrors[String(error.code)] : undefined
  if (code !== undefined) return code
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n').join('; ')
}
