/** Makes the names in a folder durable: a renamed file is found under its new name after a crash only if its folder was flushed. */
import { open } from 'node:fs/promises'

/** Flushes a folder to the disk (fsync). Throws the system's error. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  await folder.sync().finally(() => folder.close())
}
