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
}

/** What a caught value says, on one line: an error of the system in words, any other as it is. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? systemErrors[String(error.code)] : undefined
  if (code !== undefined) return code
  const text = error instanceof Error ? error.message : String(error)
  return text.trim().split('\n').join('; ')
}
