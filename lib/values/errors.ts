/** What kind of thing went wrong; stable, for programs. The message is for people. */
export type ErrorCode =
  | 'BAD_PROGRAM' // the program cannot work: thrown when it is built or planned
  | 'BAD_VALUE' // a value that may not be a key, a record or a state
  | 'BAD_EVENT' // an event this function does not understand
  | 'CORRUPT_ENTRY' // bytes of a log entry that do not decode
  | 'MISSING_ENTRY' // an entry that must exist and does not
  | 'NEWER_DEPLOY' // a newer deploy has written: this one stops
  | 'OTHER_OWNER' // the logs are another stack's
  | 'INCOMPATIBLE_STATE' // the program asks for another shape of state that exists
  | 'OPERATOR_FAILED' // a reduce, transform or foreachRDD threw: the batch is retried
  | 'STORE_FAILED' // a port did not answer or refused
  | 'LIMIT_EXCEEDED' // something is larger than a documented limit
  | 'UNFINISHED' // a run would end with something left that it has received
  | 'STOPPED' // a run that was asked to end before its end
  | 'USAGE' // a command line that cannot be understood

/** The one error of Millrace. A message says what happened, the value, the rule and the remedy. */
export class MillraceError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.name = 'MillraceError'
    this.code = code
  }
}

/** A user function behind a shuffle threw and its operator cannot isolate a record: the batch stops until it is mended or skipped. */
export class OperatorError extends MillraceError {
  readonly operator: string
  constructor(operator: string, message: string, options?: { readonly cause?: unknown }) {
    super('OPERATOR_FAILED', message, options)
    this.name = 'OperatorError'
    this.operator = operator
  }
}
