/** Finds arcc's own TensorFlow for TensorFlow.js, and verifies it before it is loaded. */
import { join } from 'node:path'
import { isUnchanged } from '../../plugins/verify-library.ts'
import { wheelErrors } from '../../wheels/errors.ts'
import { homeOf } from '../../wheels/install-wheels.ts'
import { findCut, type InstalledFile, isOf, type Manifest, readManifest } from '../../wheels/manifest.ts'
import { bindingFile, bindingKey } from './build-binding.ts'
import { hasNativePackages, type NativeSet, type NativeVariant, nativePackages } from './packages.ts'

export interface NativeInstallation {
  readonly set: NativeSet
  readonly home: string
  /** The path of the binding. */
  readonly binding: string
  /** All files, by their paths in `home`. */
  readonly files: ReadonlyMap<string, InstalledFile>
}

/** An installation that was completed; `undefined` if there is none. It may be damaged since. */
export function findNative(variant: NativeVariant): NativeInstallation | undefined {
  if (!hasNativePackages()) return undefined
  const set = nativePackages(variant)
  const home = homeOf(set)
  const manifest = readManifest(home)
  if (manifest === undefined) return undefined
  const files = isOfThisVersion(set, manifest) ? filesOf(manifest) : []
  return { set, home, binding: join(home, bindingFile), files: new Map(files.map((file) => [file.path, file])) }
}

/** Whether these are the packages that this version of arcc installs. */
function isOfThisVersion(set: NativeSet, { wheels, built }: Manifest): boolean {
  return built?.key === bindingKey(set) && set.wheels.every((entry) => wheels.some((wheel) => isOf(entry, wheel)))
}

function filesOf({ wheels, built }: Manifest): readonly InstalledFile[] {
  return [...wheels.flatMap((wheel) => wheel.files), ...(built?.files ?? [])]
}

/**
 * Throws ARC6034 if a file is missing or has another size, or if the contents of the binding or of a library of TensorFlow have
 * changed: those are read completely, once after each start of the computer.
 */
export async function verifyNative({ set, home, files }: NativeInstallation): Promise<void> {
  const { install } = set
  if (files.size === 0) {
    throw wheelErrors('ARC6034', { path: home, reason: 'another version of arcc installed it', install })
  }
  const cut = findCut(home, [...files.values()])
  if (cut !== undefined) throw wheelErrors('ARC6034', { ...cut, install })
  for (const { path, sha256 } of files.values()) {
    const isLibrary = path === bindingFile || /^tensorflow\/[^/]+\.so\.\d+$/.test(path)
    if (!isLibrary || (await isUnchanged(join(home, path), sha256, sha256))) continue
    throw wheelErrors('ARC6034', { path: join(home, path), reason: `its SHA-256 is not ${sha256}`, install })
  }
}
