#!/usr/bin/env node
// The command line. Plain JavaScript of any age, so that an old Node gets a sentence and not a syntax error.
import process from 'node:process'

const NEEDED = [22, 18]
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  console.error(`millrace: this is Node ${process.versions.node}, and millrace needs ${NEEDED.join('.')} or newer: install Node 24, or put it first in PATH`)
  process.exit(2)
}

const { registerHooks } = await import('node:module')

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

// Whoever reads has enough (`| head`): that is no error, and the state is kept.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1))

const load = (name) => import(inCheckout ? `../lib/cli/${name}.ts` : `../dist/cli/${name}.js`)
const { endWithNpm } = await load('end-with-npm')
endWithNpm()
const { main } = await load('main')
process.exitCode = await main(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  now: () => performance.now(),
})
// A pipe that nobody closes must not keep a command alive that has ended.
process.stdin.destroy()
