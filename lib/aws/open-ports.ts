import type { Ports } from '../runtime/runtime.ts'
import { DynamoProgress } from './dynamo-progress.ts'
import { openReceivePorts, type StoresOf } from './open-receive-ports.ts'

/** Returns the five ports on AWS, where the environment says. Regions, credentials and endpoints are the SDK's own affair. */
export function openPorts(stores: StoresOf): Ports {
  return openReceivePorts(stores, (to) => new DynamoProgress(to))
}
