import { defineConfig } from 'vitest/config';

/** Services in several languages, each by a toolchain of its own, which Debian has: `npm run verify:services`. */
export default defineConfig({
  test: {
    include: ['properties/intercept/**/*.services.ts'],
    globalSetup: ['properties/global-setup.ts', 'properties/helpers/debian-languages.ts'],
    setupFiles: 'properties/helpers/seed.ts',
    testTimeout: 900_000,
    hookTimeout: 60_000,
    maxWorkers: 1,
  },
});
