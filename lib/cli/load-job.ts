import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildGraph } from '../program/dstream-graph.ts'
import { describeLoadError } from '../values/describe-load-error.ts'
import { MillraceError } from '../values/errors.ts'
import type { Job } from '../program/job.ts'

/** Imports the job that a file exports as its default. */
export async function loadJob(file: string): Promise<Job> {
  const path = resolve(file)
  if (!existsSync(path)) throw new MillraceError('USAGE', `there is no file ${file}; name the file of a job, e.g. functions/word-count.ts`)
  let module: { readonly default?: unknown }
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('USAGE', `${file} cannot be loaded as a job: ${describeLoadError(cause)}`, { cause })
  }
  if (typeof module.default !== 'object' || module.default === null || !('batchInterval' in module.default)) {
    throw new MillraceError('USAGE', `${file} has no job: its default export must be what defineJob returns (export default defineJob(...))`)
  }
  const job = module.default as Job
  buildGraph(job) // says what is wrong with the program before anything is opened
  return job
}
