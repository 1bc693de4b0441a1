/** `npm run events`: writes the published schema of `log.ndjson`. */
import { writeFileSync } from 'node:fs'
import { eventLineSchema } from './event-line.ts'

const target = new URL('../../docs/events.schema.json', import.meta.url)
writeFileSync(target, `${JSON.stringify(eventLineSchema, undefined, 2)}\n`)
