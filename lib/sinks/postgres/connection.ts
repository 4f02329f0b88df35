import type { ClientConfig } from 'pg'
import type { SinkRight } from '../../dstream/sink.ts'
import { describeValue } from '../../values/describe-value.ts'
import { MillraceError } from '../../values/errors.ts'
import { loadPeer } from '../../values/load-peer.ts'

/**
 * Where the database is, and who one is there. env: a variable that holds `postgres://user:password@host/database`, set when it runs. A function is called for each connection: `secret('shop/db')`,
 * or one's own, for example for a token of IAM.
 */
export type PostgresConnection = { readonly env: string } | ((() => Found | Promise<Found>) & { readonly rights?: readonly SinkRight[] })

/** What pg connects with: a URL, or its ClientConfig, whose types a program need not have. */
type Found = string | object

/**
 * Returns a connection by a secret of AWS Secrets Manager, by name or ARN: a URL, or as RDS makes it, JSON with username, password, host, port, dbname. It is read for each connection, so a
 * password may change. Needs the package @aws-sdk/client-secrets-manager.
 */
export function secret(id: string): (() => Promise<string>) & { readonly rights: readonly SinkRight[] } {
  const who = `secret('${id}')`
  const read = async (): Promise<string> => {
    const { readSecret } = await loadPeer(who, '@aws-sdk/client-secrets-manager', () =>
      import.meta.inReceive === true ? undefined : import('../../aws/read-secret.ts'),
    )
    return readSecret(who, id)
  }
  // Behind a name, an ARN has six characters that nobody chooses.
  const resource = id.startsWith('arn:') ? id : `secretsmanager:secret:${id}-??????`
  return Object.assign(read, { rights: [{ actions: ['secretsmanager:GetSecretValue'], resource }] })
}

/** Throws unless it says where to look for the connection. A URL is not taken: it would lie in the functions' code, password and all. */
export function checkConnection(connection: unknown, who: string): void {
  if (typeof connection === 'function') return
  const { env } = (typeof connection === 'object' && connection !== null ? connection : {}) as { readonly env?: unknown }
  if (typeof env === 'string' && env !== '') return
  // Whatever it is, it may hold a password.
  throw new MillraceError(
    'BAD_PROGRAM',
    `${who}: its connection is ${typeof connection === 'string' ? 'a string' : describeKind(connection)}; say where to find it when it runs: { env: 'DATABASE_URL' }, secret('name or ARN') or a function of your own`,
  )
}

function describeKind(connection: unknown): string {
  return typeof connection === 'object' && connection !== null ? `an object with ${Object.keys(connection).join(', ') || 'nothing'}` : describeValue(connection)
}

/** Returns what the client connects with. */
export async function resolveConnection(connection: PostgresConnection, who: string): Promise<ClientConfig> {
  if (typeof connection === 'function') return configOf(await connection(), `${who}: what its connection returned`)
  const url = process.env[connection.env]
  if (url === undefined || url === '')
    throw new MillraceError(
      'USAGE',
      `${who}: the variable ${connection.env} is not set; it holds postgres://user:password@host/database: set it where the job runs, in the construct with \`environment\``,
    )
  return configOf(url, `${who}: the variable ${connection.env}`)
}

function configOf(found: Found, what: string): ClientConfig {
  if (typeof found !== 'string') return found
  if (/^\s*\{/.test(found)) return ofRds(found, what)
  try {
    if (!/^postgres(ql)?:$/.test(new URL(found).protocol)) throw new Error('of another kind')
  } catch {
    // Without its cause, which quotes it.
    throw new MillraceError(
      'USAGE',
      `${what} holds no URL such as postgres://user:password@host/database (in a password, encodeURIComponent what is no letter or digit)`,
    )
  }
  return { connectionString: found }
}

/** As RDS stores it. */
function ofRds(json: string, what: string): ClientConfig {
  try {
    const { username, password, host, port, dbname } = JSON.parse(json) as Readonly<Record<string, unknown>>
    const text = (value: unknown): string | undefined => (typeof value === 'string' || typeof value === 'number' ? String(value) : undefined)
    const config = { user: text(username), password: text(password), host: text(host), database: text(dbname) }
    if (Object.values(config).includes(undefined)) throw new Error('incomplete')
    return { ...config, port: Number(text(port) ?? 5432) }
  } catch {
    throw new MillraceError('USAGE', `${what} holds JSON without username, password, host and dbname, which RDS keeps there: add them, or store a URL`)
  }
}
