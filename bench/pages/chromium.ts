/** A headless Chromium, driven by its DevTools protocol over a pipe: messages of JSON, each ended by a zero byte. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

interface Reply {
  readonly id?: number
  readonly method?: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string }
}

type Parameters = Readonly<Record<string, unknown>>

/** One page in the browser. */
export interface Tab {
  call(method: string, parameters?: Parameters): Promise<Readonly<Record<string, unknown>>>
  /** What an expression in the page comes to. */
  evaluate(expression: string): Promise<unknown>
  /** What the page wrote on the console, errors of scripts, and refused requests. */
  readonly complaints: string[]
}

export interface Chromium {
  open(url: string, view: View): Promise<Tab>
  close(): Promise<void>
}

export interface View {
  readonly width: number
  readonly height: number
  readonly scheme: 'light' | 'dark'
}

/** Milliseconds that a reply may take. */
const patience = 60_000

function isEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** Starts the browser at `path`, without network. */
export async function startChromium(path: string): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), 'arcc-chromium-'))
  const flags = [
    ...['--headless=new', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', '--no-first-run'],
    ...['--hide-scrollbars', '--disable-dev-shm-usage', '--host-resolver-rules=MAP * ~NOTFOUND'],
    `--user-data-dir=${profile}`,
  ]
  const child = spawn(path, flags, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] })
  const [, , , input, output] = child.stdio as [null, null, null, Writable, Readable]
  const waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>()
  const tabs = new Map<string, string[]>()
  let last = 0
  let text = ''
  const fail = (error: Error) => {
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  child.on('error', fail)
  child.on('exit', () => fail(new Error('the browser has ended')))
  input.on('error', fail)
  output.setEncoding('utf8').on('data', (more: string) => {
    text += more
    const messages = text.split('\0')
    text = messages.pop() ?? ''
    for (const message of messages) receive(JSON.parse(message))
  })
  const receive = (reply: Reply & { readonly sessionId?: string }) => {
    if (reply.id !== undefined) {
      const asker = waiting.get(reply.id)
      waiting.delete(reply.id)
      if (reply.error !== undefined) asker?.reject(new Error(reply.error.message))
      else asker?.resolve(reply)
      return
    }
    const complaint = complaintOf(reply)
    if (complaint !== undefined) tabs.get(reply.sessionId ?? '')?.push(complaint)
  }
  const call = (method: string, params: Parameters = {}, sessionId?: string) =>
    new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
      const id = ++last
      const timer = setTimeout(() => reject(new Error(`${method} took too long`)), patience)
      waiting.set(id, {
        resolve(reply) {
          clearTimeout(timer)
          resolve(reply.result ?? {})
        },
        reject(error) {
          clearTimeout(timer)
          reject(error)
        },
      })
      input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })

  return {
    async open(url, { width, height, scheme }) {
      const { targetId } = await call('Target.createTarget', { url: 'about:blank' })
      const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true })
      const session = String(sessionId)
      const complaints: string[] = []
      tabs.set(session, complaints)
      const own: Tab['call'] = (method, parameters) => call(method, parameters, session)
      for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await own(`${domain}.enable`)
      await own('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
      await own('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
      await own('Page.navigate', { url })
      const tab: Tab = {
        call: own,
        complaints,
        async evaluate(expression) {
          const { result, exceptionDetails } = await own('Runtime.evaluate', { expression, returnByValue: true })
          if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails))
          return (result as { readonly value?: unknown } | undefined)?.value
        },
      }
      while ((await tab.evaluate('document.readyState')) !== 'complete')
        await new Promise((resolve) => setTimeout(resolve, 50))
      return tab
    },
    async close() {
      const ended = new Promise((resolve) => (isEnded(child) ? resolve(undefined) : child.once('exit', resolve)))
      await call('Browser.close').catch(() => child.kill('SIGKILL'))
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** What is wrong by a message of the browser; `undefined` for all others. */
function complaintOf({ method, params = {} }: Reply): string | undefined {
  switch (method) {
    case 'Runtime.exceptionThrown':
    case 'Runtime.consoleAPICalled':
    case 'Log.entryAdded':
      return `${method}: ${JSON.stringify(params).slice(0, 300)}`
    case 'Network.requestWillBeSent': {
      const url = String((params.request as { readonly url?: unknown } | undefined)?.url)
      return /^(file|data|about):/.test(url) ? undefined : `it asks for ${url}`
    }
    default:
      return undefined
  }
}
