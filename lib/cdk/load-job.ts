import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { describeLoadError } from '../values/describe-load-error.ts'
import { MillraceError } from '../values/errors.ts'
import type { Job } from '../program/job.ts'

/** Constructs are made synchronously, so the job's module is required; Node requires ES modules, in TypeScript too, from these versions on. */
const NODE = 'Node.js 22.18 or newer, or 24'

/** Returns the job that a module exports as its default, loaded synchronously. */
export function loadJob(entry: string): Job {
  const path = resolve(entry)
  if (!existsSync(path))
    throw new MillraceError(
      'USAGE',
      `StreamingJob: there is no file '${entry}' in ${process.cwd()}; entry is the path of the job's module from the folder in which cdk runs`,
    )
  let module: { readonly default?: unknown }
  try {
    module = createRequire(import.meta.url)(path) as { readonly default?: unknown }
  } catch (cause) {
    throw explain(entry, cause)
  }
  const job = module.default
  if (typeof job !== 'object' || job === null || !('batchInterval' in job)) {
    throw new MillraceError('USAGE', `StreamingJob: '${entry}' has no job: its default export must be what defineJob returns (export default defineJob(...))`)
  }
  return job as Job
}

function explain(entry: string, cause: unknown): MillraceError {
  if (cause instanceof Error && cause.name === 'MillraceError') return cause as MillraceError
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const what = describeLoadError(cause)
  const because = (text: string): MillraceError => new MillraceError('USAGE', `StreamingJob: '${entry}' cannot be loaded: ${text}`, { cause })
  if (code === 'ERR_REQUIRE_ASYNC_MODULE')
    return because('it, or a module that it imports, uses top-level await, and a construct cannot wait; read files in a static table (ssc.staticTable) instead')
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX')
    return because(`${what}; Node.js strips types and compiles nothing: no enum, namespace or parameter property (tsc's erasableSyntaxOnly finds them)`)
  if (
    code === 'ERR_UNKNOWN_FILE_EXTENSION' ||
    code === 'ERR_REQUIRE_ESM' ||
    (process.features as { readonly require_module?: boolean }).require_module !== true
  ) {
    return because(
      `this is Node.js ${process.versions.node}, which cannot require an ES module in TypeScript; run cdk's app with ${NODE} ("app" in cdk.json: "node_modules/.bin/node app.ts" with the package node as a devDependency)`,
    )
  }
  if (code === 'ERR_MODULE_NOT_FOUND') return because(`${what}; an import between TypeScript files names the file with its ending (./parse.ts)`)
  return because(what)
}
