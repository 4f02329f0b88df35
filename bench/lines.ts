import { random } from './random.ts'

const SYLLABLES = ['ka', 'lo', 'mi', 'ru', 'te', 'sa', 'no', 'vi', 'pe', 'du']
const VOCABULARY = 5_000

function word(n: number): string {
  let text = ''
  for (let rest = n + 11; rest > 0; rest = Math.floor(rest / 10)) text += SYLLABLES[rest % 10] ?? ''
  return text
}

/** Returns log lines of 80 to 110 bytes, made of 5,000 words (or another vocabulary), the first ones often (as words are); one in ten says ERROR. */
export function logLines(count: number, seed: number, vocabulary = VOCABULARY): readonly string[] {
  const next = random(seed)
  return Array.from({ length: count }, () => {
    let line = next() < 0.1 ? 'ERROR' : 'INFO'
    while (line.length < 85) line += ` ${word(Math.floor(vocabulary * next() ** 3))}`
    return line
  })
}

/** Returns JSON documents of about 100 bytes: an order of one of 1,000 users; six in ten are paid. */
export function jsonLines(count: number, seed: number): readonly string[] {
  const next = random(seed)
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      id: 1_000_000 + i,
      user: `user-${Math.floor(1_000 * next())}`,
      paid: next() < 0.6,
      cents: Math.floor(100_000 * next()),
      shop: word(Math.floor(300 * next())),
      at: 1_764_000_000_000 + i,
    }),
  )
}
