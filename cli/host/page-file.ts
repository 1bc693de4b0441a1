/** The names of pages. */
import { usageErrors } from './messages.ts'

const endings = ['.html', '.htm'] as const

/** Whether a name is that of a page. */
export function isPageName(file: string): boolean {
  return endings.some((ending) => file.toLowerCase().endsWith(ending))
}

/** Throws ARC6607 if a file is given whose name is not that of a page. */
export function requirePage(file: string | undefined): void {
  if (file !== undefined && !isPageName(file)) throw usageErrors('ARC6607', { file, endings })
}
