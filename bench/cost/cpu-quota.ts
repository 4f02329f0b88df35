import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The cpu controller of Linux's cgroups, version 1. Writing there takes root. */
const CONTROLLER = '/sys/fs/cgroup/cpu'
const PERIOD_US = 20_000

/** Gives a process a part of a processor, as Lambda does. */
export interface CpuQuota {
  /** 1: a whole processor; Infinity: as much as there is. */
  set(share: number): void
  /** The process must be gone. */
  close(): void
}

/** Returns a quota for a process; undefined where this machine has no such controller, or lets nobody write there. */
export function cpuQuota(pid: number): CpuQuota | undefined {
  const folder = join(CONTROLLER, `millrace-bench-${pid}`)
  if (!existsSync(join(CONTROLLER, 'cpu.cfs_quota_us'))) return undefined
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US))
    writeFileSync(join(folder, 'cgroup.procs'), String(pid))
  } catch {
    return undefined
  }
  return {
    set: (share) => writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(share === Number.POSITIVE_INFINITY ? -1 : Math.round(share * PERIOD_US))),
    close: () => rmdirSync(folder),
  }
}
