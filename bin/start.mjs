// What bin/millrace.mjs starts once Node is known to be new enough.
import { registerHooks } from 'node:module'
import process from 'node:process'

// In a checkout the sources run as they are; installed, under node_modules, Node does not strip types and dist/ is what there is.
const inCheckout = !/[\\/]node_modules[\\/]/.test(import.meta.filename)

// A job's import of 'millrace' means this very copy, wherever the job's file is: a job is a value that two copies could not share.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== 'millrace' && !specifier.startsWith('millrace/')) return next(specifier, context)
    const conditions = inCheckout ? [...context.conditions, 'millrace-source'] : context.conditions
    return next(specifier, { ...context, conditions, parentURL: import.meta.url })
  },
})

const say = (text) => process.stderr.write(`millrace: ${text}\n`)

// Only who reaches the end leaves with 0.
process.exitCode = 1
process.stdout.on('error', (error) => {
  const closed =
    'whoever read the output has closed it before the end (`| head`?). What is committed is kept: start the same command again, it goes on from there'
  say(error.code === 'EPIPE' ? closed : `the output cannot be written: ${error.message}`)
  process.exit(1)
})
process.stderr.on('error', () => process.exit(1))

// An empty event loop ends a process without a word, whoever is still waiting.
let stalled = () => 'the command waits for a promise that nothing will ever settle'
let ended = false
process.on('beforeExit', () => {
  if (ended) return
  say(stalled())
  process.exit(1)
})

const STOPS = { SIGINT: 130, SIGTERM: 143 }
let stop
let stopCode = 130
const interrupted = () => {
  if (stop !== undefined) return stop.signal
  stop = new AbortController()
  for (const [name, code] of Object.entries(STOPS)) {
    process.on(name, () => {
      if (stop.signal.aborted) {
        say(`stopped at once by a second ${name}. What is committed is kept: start the same command again, it goes on from there`)
        process.exit(code)
      }
      stopCode = code
      stop.abort()
    })
  }
  return stop.signal
}

const load = (name) => import(inCheckout ? `../lib/cli/${name}.ts` : `../dist/cli/${name}.js`)
const { endWithNpm } = await load('end-with-npm')
endWithNpm()
const { main } = await load('main')
process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => performance.now(),
  interrupted,
  stopCode: () => stopCode,
  whenStalled: (tell) => (stalled = tell),
})
ended = true
// A pipe that nobody closes must not keep a command alive that has ended.
process.stdin.destroy()
setTimeout(() => process.exit(), 1000).unref()
