import { defineConfig } from 'vitest/config'

// The package's own name means its sources here, not dist/: see docs/decisions/0002-source-condition.md.
const source = 'millrace-source'

export default defineConfig({
  resolve: { conditions: [source, 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: [source, 'module', 'node', 'development|production'], externalConditions: [source, 'node'] } },
  test: {
    include: ['test/**/*.test.ts'],
    // needs a running LocalStack: npm run test:localstack
    exclude: ['test/localstack/**'],
    execArgv: [`--conditions=${source}`],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: [['default', { summary: false }]],
  },
})
