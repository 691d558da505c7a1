import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // All processors: the tests of files that run side by side share no port and no folder.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    reporters:
      process.env['CI'] === 'true'
        ? ['default', ['json', { outputFile: 'coverage/results.json' }]]
        : ['default'],
  },
});
