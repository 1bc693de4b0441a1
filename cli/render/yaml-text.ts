/** Documents as YAML. A file of its own, so that only those who ask for YAML load the library. */
import { stringify } from 'yaml'

/** Long texts stay on one line. */
export function yamlText(document: object): string {
  return stringify(document, { lineWidth: 0 }).trimEnd()
}
