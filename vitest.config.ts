import { defineConfig } from 'vitest/config';

/** What the files of both projects share. */
const shared = {
  // The network first: ioredis takes hold of how names are looked up when any file loads it, as in the commands.
  setupFiles: ['harness/wire/network.ts', 'properties/helpers/seed.ts'],
  // Real servers and two cores: files share the machine, so a slow one is slow, not wrong.
  // Verifying everything explores the largest scopes; its only limit is the watch of who runs it.
  testTimeout: process.env.OVERSELL_EVERYTHING ? 900_000 : 120_000,
  hookTimeout: 60_000,
};

/** These ask what happened in their process before, or put something in the place of a module of Node's. */
const OWN_PROCESS = ['properties/adapters/from-function.test.ts', 'properties/redis/cache.test.ts'];

export default defineConfig({
  test: {
    globalSetup: 'properties/global-setup.ts',
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'suite',
          include: ['properties/**/*.test.ts'],
          exclude: OWN_PROCESS,
          // Files leave nothing behind (each restores what it replaces), so a process need not start anew for each.
          isolate: false,
        },
      },
      { test: { ...shared, name: 'own process', include: OWN_PROCESS, isolate: true } },
    ],
  },
});
