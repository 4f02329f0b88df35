/** "At 1,769 MB, a function has the equivalent of one vCPU", and less memory has as much less of it (AWS Lambda Developer Guide, Configure Lambda function memory). */
export const VCPU_MB = 1_769

/** Returns how much of a processor a function gets. One thread computes, so more than one processor does not make it faster. */
export function vcpuShare(memoryMb: number): number {
  return Math.min(1, memoryMb / VCPU_MB)
}
