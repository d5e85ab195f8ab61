import { isMainThread } from 'node:worker_threads';

/**
 * Loaded ahead of the command line in a process that is kept ready: it loads whatever exploring needs, and holds the command
 * back until it is told to go. (Threads of that process are started with the same words.)
 */
if (isMainThread && process.channel) {
  await Promise.all([
    import('../commands/explore-flags.ts'),
    import('../commands/scope-flags.ts'),
    import('../documents/kept-counterexamples.ts'),
    import('../documents/run-folder.ts'),
    import('../explorer/document.ts'),
    import('../explorer/explore.ts'),
    import('../explorer/process/subject.ts'),
    import('../loader/file.ts'),
    import('../redis/open.ts'),
    import('../terminal/guarded.ts'),
  ]);
  // Without whoever watches, nobody reads what it finds. One that is at work ends in order.
  let isAtWork = false;
  process.once('disconnect', () => {
    if (isAtWork) process.kill(process.pid, 'SIGTERM');
    else process.exit();
  });
  await new Promise((go) => process.once('message', go));
  isAtWork = true;
  process.channel.unref();
}
