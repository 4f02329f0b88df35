import { bootstrap } from '../../localstack/cdk.ts'

/** Once, before all test files: two `cdk bootstrap` at once would disturb each other. */
export const setup: () => Promise<void> = bootstrap
