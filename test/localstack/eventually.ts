/** Polls until `probe` returns something, and returns that. The error says what never came, and what `probe` last threw. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined>, { withinMs = 120_000, everyMs = 1_000 } = {}): Promise<T> {
  const until = Date.now() + withinMs
  let last: unknown
  do {
    try {
      const found = await probe()
      if (found !== undefined) return found
      last = undefined
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  } while (Date.now() < until)
  throw new Error(`${what}: not within ${withinMs / 1000} s`, { cause: last })
}
