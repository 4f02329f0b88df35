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
