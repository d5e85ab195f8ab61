import { expect, test } from 'vitest';
import { Gate } from '../../harness/wire/gate.ts';

/** Listeners of this thread, each of which keeps the program alive. One that was closed is listed until the turn is over. */
async function listeners(): Promise<number> {
  await new Promise((turned) => setImmediate(turned));
  return process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length;
}

test('a gate is closed where what is made of it fails, as when the server is lost just then', async () => {
  const before = await listeners();
  const lost = Gate.openFor({}, () => Promise.reject(new Error('the server is lost')));
  await expect(lost).rejects.toThrow('the server is lost');
  expect(await listeners()).toBe(before);
});

test('a gate is open as long as who has got it does not close it', async () => {
  const before = await listeners();
  const gate = await Gate.openFor({}, (opened) => Promise.resolve(opened));
  expect(await listeners()).toBe(before + 1);
  await gate[Symbol.asyncDispose]();
  expect(await listeners()).toBe(before);
});
