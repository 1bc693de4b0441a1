/** Documents as YAML. A separate file, so that the library is loaded only for YAML. */
import { stringify } from 'yaml'

/** Long texts stay on one line. */
export function yamlText(document: object): string {
  return stringify(document, { lineWidth: 0 }).trimEnd()
}
