import { twoSidedP } from './incomplete-beta.ts'
import type { Summary } from './stats/summary.ts'

/** Spark's StreamingTestResult. `degreesOfFreedom` are those that the p value belongs to; the number that Spark reports for Welch's test squares the variances once too often. */
export interface TestResult {
  readonly pValue: number
  readonly degreesOfFreedom: number
  readonly statistic: number
  readonly method: string
  readonly nullHypothesis: string
}

/** Returns the two-sample t-test of two summaries, with the variances of the population as in Spark. NaN where there is no variance to judge by. */
export function compareMeans(a: Summary | null, b: Summary | null, method: 'welch' | 'student'): TestResult {
  const welch = method === 'welch'
  const [x, y] = [momentsOf(a), momentsOf(b)]
  const { t, df } = welch ? welchs(x, y) : students(x, y)
  return {
    pValue: twoSidedP(t, df),
    degreesOfFreedom: df,
    statistic: t,
    method: welch ? "Welch's 2-sample t-test" : "Student's 2-sample t-test",
    nullHypothesis: 'Both groups have same mean',
  }
}

interface Moments {
  readonly n: number
  readonly mean: number
  readonly variance: number
}

function momentsOf(of: Summary | null): Moments {
  return of === null ? { n: 0, mean: NaN, variance: NaN } : { n: of.count, mean: of.mean, variance: of.m2 / of.count }
}

function welchs(a: Moments, b: Moments): { readonly t: number; readonly df: number } {
  const [p, q] = [a.variance / a.n, b.variance / b.n]
  return { t: (a.mean - b.mean) / Math.sqrt(p + q), df: (p + q) ** 2 / (p ** 2 / (a.n - 1) + q ** 2 / (b.n - 1)) }
}

function students(a: Moments, b: Moments): { readonly t: number; readonly df: number } {
  const df = a.n + b.n - 2
  const pooled = ((a.n - 1) * a.variance + (b.n - 1) * b.variance) / df
  return { t: (a.mean - b.mean) / Math.sqrt(pooled * (1 / a.n + 1 / b.n)), df }
}

/** Returns what Spark's toString says of the presumption against the null hypothesis. */
export function presumption({ pValue }: TestResult): string {
  if (pValue <= 0.01) return 'Very strong presumption against null hypothesis'
  if (pValue <= 0.05) return 'Strong presumption against null hypothesis'
  if (pValue <= 0.1) return 'Low presumption against null hypothesis'
  return 'No presumption against null hypothesis'
}
