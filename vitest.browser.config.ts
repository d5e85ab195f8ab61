import { defineConfig } from 'vitest/config';

/** The page in a real browser, where there is one: `npm run test:browser`. */
export default defineConfig({
  test: {
    include: ['properties/browser/**/*.browser.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
