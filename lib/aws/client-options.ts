interface ClientOptions {
  readonly maxAttempts: number
  readonly retryMode: 'standard'
  /** Of the SDK's NodeHttpHandler; ms. */
  readonly requestHandler: {
    readonly connectionTimeout: number
    readonly requestTimeout: number
    readonly socketTimeout: number
    readonly throwOnRequestTimeout: boolean
  }
}

/**
 * How the functions talk to AWS. A connection within a second, an answer within five (S3: 15, for it takes in 8 MiB first), never 5 s of
 * silence; five attempts with the SDK's standard back-off, after throttling and after a time-out alike. HTTP/1.1 over connections that are kept:
 * 50 at most per client, which is the SDK's default. A request that outlives all this fails the invocation, and what it was about is done again.
 */
export const CLIENT_OPTIONS: ClientOptions = {
  maxAttempts: 5,
  retryMode: 'standard',
  // Without throwOnRequestTimeout the SDK only warns, and waits on.
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000, socketTimeout: 5_000, throwOnRequestTimeout: true },
}

export const S3_OPTIONS: ClientOptions = { ...CLIENT_OPTIONS, requestHandler: { ...CLIENT_OPTIONS.requestHandler, requestTimeout: 15_000 } }
