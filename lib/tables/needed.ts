/** After `import()` of an optional package: bundlers leave an import that is caught as it is where the package is not installed, and a job that does not use it can be bundled. */
export function needed(cause: unknown): never {
  throw cause
}
