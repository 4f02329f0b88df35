import { MillraceError } from './errors.ts'

/** Returns a module that needs an optional package. Throws USAGE, with the command that installs it, where it is not there. `load` gives undefined in receive, which never asks and does not have it in its bundle (in-receive.ts). */
export async function loadPeer<M>(who: string, name: string, load: () => Promise<M> | undefined): Promise<M> {
  try {
    const module = await load()
    if (module === undefined) throw new Error(`${who}: the receive function does not write`)
    return module
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw cause
    throw new MillraceError('USAGE', `${who} needs the package ${name}, which is not installed: npm install ${name}`, { cause })
  }
}
