import type { Nemesis } from '../nemesis.ts';

/** The service's processes, all that its start command started, get SIGKILL, and are started again. */
export const killService: Nemesis = {
  name: 'kill-service',
  summary: 'all processes of the service are killed, and started again',
  lacks: ({ service }) => (service.start ? undefined : 'its file has no start: somebody else runs it'),
  async start({ service }) {
    const pids = service.pids();
    if (pids.length === 0) throw new Error('the service has no process');
    return `the service runs: ${listed(pids)}`;
  },
  async act({ service }) {
    const before = service.pids();
    await service.kill();
    const left = service.pids();
    if (left.length > 0) throw new Error(`still there after SIGKILL: ${listed(left)}`);
    return `ended by SIGKILL: ${listed(before)}`;
  },
  async undo({ service }) {
    await service.startAgain();
    return `ready again: ${listed(service.pids())}`;
  },
};

const listed = (pids: readonly number[]): string => pids.join(', ');
