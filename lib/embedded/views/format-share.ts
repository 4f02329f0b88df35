const BAR = 10

/** Returns how much of `all` is done, in whole per cent; with `bar` drawn as well. */
export function formatShare(done: number, all: number, { bar }: { readonly bar: boolean }): string {
  const percent = all === 0 ? 100 : Math.min(100, Math.floor((done * 100) / all))
  const full = Math.floor((percent * BAR) / 100)
  return `${bar ? `▕${'█'.repeat(full)}${' '.repeat(BAR - full)}▏ ` : ''}${String(percent).padStart(3)} %`
}
