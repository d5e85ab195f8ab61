import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['properties/**/*.test.ts'],
    globalSetup: 'properties/global-setup.ts',
    setupFiles: 'properties/helpers/seed.ts',
    // Real servers and two cores: files share the machine, so a slow one is slow, not wrong.
    // Verifying everything explores the largest scopes; its only limit is the watch of who runs it.
    testTimeout: process.env.OVERSELL_EVERYTHING ? 900_000 : 120_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    // Files leave nothing behind (each restores what it replaces), so a process need not start anew for each.
    isolate: false,
  },
});
