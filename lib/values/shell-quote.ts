/** Returns a text as a shell takes it for one argument. */
export function shellQuote(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
