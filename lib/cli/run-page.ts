import { notePlaces } from '../dstream/place.ts'
import { MillraceError } from '../values/errors.ts'
import { EmbeddedPage } from '../ui/embedded-page.ts'
import type { CommandIo } from './command.ts'
import { describe } from './describe-error.ts'
import { wholeNumber } from './parse-options.ts'

/** Returns the web page that the options of a run ask for; undefined: none. To be called before the job's file is loaded: the page says where its operators stand. */
export function pageOf(values: { readonly ui?: string | undefined; readonly 'ui-port'?: string | undefined }): EmbeddedPage | undefined {
  const port = wholeNumber('--ui-port', values['ui-port'], 1, 65_535)
  if (values.ui === undefined || values.ui === 'on') {
    notePlaces()
    return new EmbeddedPage({ port })
  }
  if (values.ui !== 'off') throw new MillraceError('USAGE', `--ui ${values.ui}: it is on or off; a port is named with --ui-port`)
  if (port !== undefined) throw new MillraceError('USAGE', '--ui off and --ui-port contradict each other; give one of them')
  return undefined
}

/** Does the run; in a terminal its page stays afterwards, also that of a run that failed, until Ctrl-C or until another process takes the state up. Ends with the run's own exit code. */
export async function withPage(page: EmbeddedPage | undefined, io: CommandIo, run: () => Promise<number>): Promise<number> {
  if (page === undefined) return run()
  let code: number
  try {
    code = await run()
  } catch (error) {
    const stopped = error instanceof MillraceError && error.code === 'STOPPED'
    if (stopped || page.url === undefined || io.stdout.isTTY !== true) {
      await page.close()
      throw error
    }
    code = error instanceof MillraceError && (error.code === 'USAGE' || error.code === 'BAD_PROGRAM') ? 2 : 1
    io.stderr.write(`millrace: ${describe(error)}\n`)
  }
  if (io.stdout.isTTY === true && page.url !== undefined) {
    io.stdout.write(`the run is over; its page stays at ${page.url} until Ctrl-C\n`)
    await page.stay(interrupted())
  }
  await page.close()
  return code
}

/** Aborted by Ctrl-C, which then ends nothing else. */
function interrupted(): AbortSignal {
  const control = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => control.abort())
  return control.signal
}
