/** A process with one consumer, started by a storefront. Its transactions keep nobody waiting but itself. */
import type { ConsumerSettings } from './consumers.ts';
import { runConsumers } from './consumers.ts';
import { noFailpoints } from './failpoints.ts';

/** Nothing else keeps this process. */
const leave = (): void => {
  if (process.connected) process.disconnect();
};

const onTrouble = (message: string): void => {
  if (process.connected) process.send!({ trouble: message });
};

const controller = new AbortController();
// The storefront is gone, however it went.
process.on('disconnect', () => controller.abort());
// A Ctrl-C comes to all processes of a terminal: the storefront's own end decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

process.once('message', (settings) => {
  void runConsumers(settings as ConsumerSettings, noFailpoints, {
    signal: controller.signal,
    onTrouble,
  }).then(
    () => leave(),
    (error: Error) => {
      onTrouble(error.message);
      process.exitCode = 1;
      leave();
    },
  );
});
