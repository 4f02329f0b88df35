import { defineConfig } from 'vitest/config'

// The package's own name means its sources here, not dist/: see docs/decisions/0002-source-condition.md.
const source = 'millrace-source'

export default defineConfig({
  resolve: { conditions: [source, 'node', 'development|production'] },
  ssr: { resolve: { conditions: [source, 'node', 'development|production'], externalConditions: [source, 'node'] } },
  test: {
    execArgv: [`--conditions=${source}`],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: [['default', { summary: false }]],
    projects: [
      // npm test: needs Node alone
      {
        extends: true,
        // vitest leaves one core free: of two that is half.
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/localstack/**', 'test/package/**', 'test/**/*.browser.test.ts', 'test/**/*.sink.test.ts'],
          maxWorkers: '100%',
        },
      },
      // npm run test:package: packs, installs and uses the package
      { extends: true, test: { name: 'package', include: ['test/package/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
      // npm run test:ui: needs Chromium
      { extends: true, test: { name: 'ui', include: ['test/**/*.browser.test.ts'], testTimeout: 300_000, hookTimeout: 300_000, fileParallelism: false } },
      // npm run test:sinks: starts the servers that it needs, one after the other for all files
      {
        extends: true,
        test: {
          name: 'sinks',
          include: ['test/sinks/**/*.sink.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          globalSetup: ['test/sinks/set-up.ts'],
        },
      },
      // npm run test:localstack: needs a running LocalStack
      {
        extends: true,
        test: {
          name: 'localstack',
          include: ['test/localstack/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 600_000,
          globalSetup: ['test/localstack/set-up.ts'],
          // Each file has a stack of its own, and spends most of its time waiting.
          maxWorkers: 4,
        },
      },
    ],
  },
})
