/**
 * How the functions talk to AWS: five attempts with the SDK's standard back-off, a connection within a second, an answer within five. Connections
 * are kept and reused. A request that outlives this fails the invocation, and what it was about is done again.
 */
export const CLIENT_OPTIONS = {
  maxAttempts: 5,
  retryMode: 'standard',
  requestHandler: { connectionTimeout: 1_000, requestTimeout: 5_000 },
} as const
