import { mentions } from '../../service/service-file.ts';
import type { Nemesis } from '../nemesis.ts';

/** The redis-server of the service gets SIGKILL and starts again with what it has on disk, where every write is. */
export const killRedis: Nemesis = {
  name: 'kill-redis',
  summary: 'the redis-server is killed, and started again with its append-only file (appendfsync always)',
  lacks: (file) => (mentions(file, 'redis_port') ? undefined : 'its file asks for no {redis_port}'),
  async start({ redis }) {
    const { pid, keys } = await redis!.look();
    return `redis-server ${pid} has ${keys} keys`;
  },
  async act({ redis }) {
    const { pid } = redis!;
    await redis!.kill();
    return `redis-server ${pid} ended by SIGKILL`;
  },
  async undo({ redis }) {
    const before = redis!.pid;
    await redis!.startAgain();
    const { pid, keys } = await redis!.look();
    if (pid === before) throw new Error(`redis-server ${pid} was never gone`);
    if (keys === 0) throw new Error('it came back without a key');
    return `redis-server ${pid} is back with ${keys} keys`;
  },
};
