/**
 * What is done to a command. `codes`: how it may end then, beside how it ends undisturbed; null: by a signal. `within`: how
 * many milliseconds after the attack it has to be over.
 */
const signal = (name, exitCode) => ({
  name,
  codes: [exitCode],
  within: 60_000,
  keeps: true,
  inflict: ({ child }) => child.kill(name),
});

export const ATTACKS = [
  signal('SIGINT', 130),
  signal('SIGTERM', 143),
  signal('SIGHUP', 129),
  {
    name: 'SIGINT to the group',
    codes: [130],
    within: 60_000,
    keeps: true,
    inflict: ({ child }) => process.kill(-child.pid, 'SIGINT'),
  },
  {
    name: 'SIGINT twice',
    codes: [130],
    within: 15_000,
    async inflict({ child, sleep, isOver }) {
      child.kill('SIGINT');
      await sleep(700);
      if (!isOver()) child.kill('SIGINT');
    },
  },
  { name: 'SIGKILL', codes: [null], within: 5_000, inflict: ({ child }) => child.kill('SIGKILL') },
  {
    name: 'SIGKILL to the group',
    codes: [null],
    within: 5_000,
    inflict: ({ child }) => process.kill(-child.pid, 'SIGKILL'),
  },
  {
    name: 'SIGKILL of its server',
    ofServer: true,
    codes: [4],
    // Its patience, and the time in which what was found is put together.
    within: 25_000,
    inflict: ({ servers }) => servers().filter((pid) => signalled(pid, 'SIGKILL')).length > 0,
  },
  {
    name: 'SIGSTOP of its server',
    ofServer: true,
    codes: [4],
    within: 25_000,
    inflict: ({ servers }) => servers().filter((pid) => signalled(pid, 'SIGSTOP')).length > 0,
  },
  { name: 'stdout closed', codes: [], within: 120_000, inflict: ({ child }) => child.stdout.destroy() },
  { name: 'stderr closed', codes: [], within: 120_000, inflict: ({ child }) => child.stderr.destroy() },
  { name: 'stdout full', stdout: '/dev/full', codes: [4], within: 120_000, inflict: () => undefined },
  {
    name: 'disk full',
    ofRuns: true,
    full: true,
    codes: [4],
    within: 120_000,
    answers: true,
    inflict: () => undefined,
  },
];

/** Whether it was there to be signalled: one that was just listed may have ended meanwhile. */
function signalled(pid, name) {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}
