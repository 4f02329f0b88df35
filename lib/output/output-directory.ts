/** Returns Spark's name of a batch's output: `prefix-<TIME_IN_MS>[.suffix]`, a directory; just `<TIME_IN_MS>` without a prefix. `time`: batch time, epoch ms. */
export function outputDirectory(prefix: string, time: number, suffix: string): string {
  const name = prefix === '' ? String(time) : `${prefix}-${time}`
  return suffix === '' ? name : `${name}.${suffix}`
}
