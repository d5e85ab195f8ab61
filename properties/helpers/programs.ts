import type { Client, Outside, Seller, Strategy } from '../../strategies/contract.ts';
import { stockKey } from '../../strategies/keys.ts';
import type { Subject } from '../../harness/explorer/process/spec.ts';
import type { Random } from '../../harness/ground/random.ts';
import type { GivenScope } from './exploring.ts';

const STOCK = stockKey('item');
const NOTE = '{item}:note';
const LAST = '{item}:last';
const WORKED = '{item}:worked';

/**
 * Steps of a random program. Each works on one number of its call's own, on another that the whole process shares, or
 * on the server; what the call answers and what is left on the server tell in which order they came.
 */
const STEPS = [
  /** Commands that are waited for. */
  'look',
  'take',
  'note',
  /** Who was last to do this: nobody, the same, or another. */
  'sign',
  'give',
  /** How many replicas have it. */
  'ask replicas',
  /** A store beside Redis: one row for all, and messages; of a call that fails nobody knows more than that. */
  'write',
  'mail',
  'read mails',
  /** Nobody waits for it. */
  'mail and go on',
  /** One that nobody waits for; its reply goes into the memory of the process. */
  'forget',
  /** The memory of the process. */
  'recall',
  'remember',
  'count',
  /** Time, and the rest of a tick. */
  'sleep',
  'sleep longer',
  'later',
  'put off',
  'immediate later',
  'nothing',
] as const;
type Step = (typeof STEPS)[number];
/** These have connections of their own, so that nothing orders them with what else is on its way. */
const BESIDE: readonly Step[] = ['write', 'mail', 'read mails', 'mail and go on'];
const COMMANDS: readonly Step[] = [
  'look',
  'take',
  'note',
  'sign',
  'give',
  'ask replicas',
  'forget',
  ...BESIDE,
];
/** They are over at any later time, which multiplies with all that happens besides. */
const LOOSE: readonly Step[] = ['forget', 'later', 'immediate later', 'put off', 'sleep', 'sleep longer'];
/** What background work may do: it has to come to an end at rest. */
const WORK: readonly Step[] = [
  'look',
  'take',
  'note',
  'write',
  'mail',
  'recall',
  'remember',
  'count',
  'put off',
];
/** What a release may do: with it, a purchase comes to an end on two processes. */
const GIVING_BACK: readonly Step[] = ['give', 'mail', 'look', 'note', 'sign', 'recall', 'count'];

/** What may happen in a sale beside its purchases, once or twice. */
const ASIDES = [
  {},
  {},
  { faults: { crash: 1 } },
  { faults: { timeout: 1 } },
  { faults: { outside: 1 } },
  { faults: { outside: 1 } },
  { faults: { 'lost-reply': 1 } },
  { faults: { restart: 1 } },
  { faults: { failover: 1 } },
  { faults: { failover: 1 } },
  { faults: { cancel: 1 } },
  { faults: { cancel: 1 }, releases: 1 },
  { releases: 1 },
  { releases: 2 },
  { jobs: 1 },
  { jobs: 1 },
] as const satisfies readonly Partial<GivenScope>[];

export interface RandomProgram {
  /** What a process does to start. */
  start: readonly Step[];
  purchase: readonly Step[];
  /** One pass of background work, once in the sale; empty: there is none. */
  job: readonly Step[];
  /** What gives a purchase back; empty: nothing does. */
  release: readonly Step[];
  scope: GivenScope;
}

/** Few enough commands that everything can be walked: two buyers, of one process or of two. */
export function randomProgram(random: Random): RandomProgram {
  const purchase = steps(random, 1 + random.below(4), 2);
  const oneProcess = random.below(2) === 0;
  // One that nobody waits for is left out here: see "What it cannot see" of the explorer's page.
  const start = (random.below(3) === 0 ? steps(random, 1, 1) : []).map((step) =>
    step === 'forget' || step === 'mail and go on' ? 'note' : step,
  );
  const aside: Partial<GivenScope> = ASIDES[random.below(ASIDES.length)]!;
  const { faults = {}, releases = 0, jobs = 0 } = aside;
  const drawn = (from: readonly Step[]): Step[] =>
    Array.from({ length: 1 + random.below(2) }, () => from[random.below(from.length)]!);
  const workers = random.below(2) === 0 ? 'everywhere' : 'offices';
  const job = jobs > 0 ? drawn(WORK) : [];
  const hasAside = jobs + releases + Object.keys(faults).length > 0;
  const isLoose =
    hasAside && [...purchase, ...job].filter((step) => [...LOOSE, ...BESIDE].includes(step)).length > 2;
  const isAlone = breaksAll(faults) || isLoose || (jobs > 0 && !oneProcess);
  return {
    start,
    purchase,
    job,
    release: releases > 0 || faults.cancel ? drawn(GIVING_BACK) : [],
    scope: {
      stock: 1,
      ...aside,
      buyers: isAlone ? 1 : 2,
      instances: oneProcess || isAlone ? 1 : 2,
      ...(jobs > 0 ? { workers, offices: workers === 'offices' ? 2 : 1 } : {}),
    },
  };
}

/** There are a great many ways to come back from it. */
const breaksAll = ({ restart, failover }: NonNullable<GivenScope['faults']>): boolean =>
  restart !== undefined || failover !== undefined;

function steps(random: Random, count: number, mostCommands: number): Step[] {
  let commands = 0;
  return Array.from({ length: count }, (_, i) => {
    // Something is sent by every purchase.
    const allowed = commands < mostCommands ? STEPS : STEPS.filter((step) => !COMMANDS.includes(step));
    const step = i === 0 ? COMMANDS[random.below(COMMANDS.length)]! : allowed[random.below(allowed.length)]!;
    if (COMMANDS.includes(step)) commands++;
    return step;
  });
}

/** The program as a strategy, each process with a memory of its own. */
export function subjectOfProgram({ start, purchase, job, release }: RandomProgram): Subject {
  const evaluate = (): Strategy => {
    const memory = { number: 1 };
    return {
      name: 'random-program',
      summary: 'a few steps drawn at random',
      connection: 'shared',
      async open(redis, sale) {
        await redis.set(STOCK, sale.stock);
      },
      async seller(redis, _, env): Promise<Seller> {
        const beside = env.outside('beside');
        await run(start, redis, { memory, beside, name: 'somebody' });
        const runJob = async (): Promise<'worked' | 'idle'> => {
          if ((await redis.set(WORKED, 1, 'NX')) === null) return 'idle';
          await run(job, redis, { memory, beside, name: 'worker' });
          return 'worked';
        };
        return {
          async purchase({ requestId }) {
            const number = await run(purchase, redis, { memory, beside, name: requestId });
            return { kind: number % 2 === 0 ? 'sold' : 'sold-out' };
          },
          ...(job.length > 0 ? { runJob } : {}),
          ...(release.length > 0
            ? {
                release: async ({ requestId }) =>
                  void (await run(release, redis, { memory, beside, name: requestId })),
              }
            : {}),
          async remaining() {
            return Math.max(0, Number(await redis.get(STOCK)));
          },
        };
      },
    };
  };
  return { evaluate, strategy: evaluate() };
}

interface State {
  /** The call's own number. */
  own: number;
  memory: { number: number };
  beside: Outside;
  name: string;
}

const pause = (begin: (done: () => void) => void, own: number): Promise<number> =>
  new Promise((resolve) => begin(() => resolve(own)));

/** The number if it does not fail, another if it is refused, and a third one if it fails. */
const failing = (call: Promise<void>, number: number): Promise<number> =>
  call.then(
    () => number,
    (error: unknown) => ((error as { code?: string }).code === 'ROW_EXISTS' ? 2 : 3),
  );

/** What each step makes of the call's own number. */
const DOES: Record<Step, (redis: Client, state: State) => Promise<number> | number> = {
  look: async (redis) => Number(await redis.get(STOCK)),
  take: (redis) => redis.decr(STOCK),
  note: async (redis, { own, memory }) => {
    await redis.set(NOTE, own + memory.number);
    return own;
  },
  sign: async (redis, { name }) => {
    const last = await redis.getset(LAST, name);
    return last === null ? 0 : last === name ? 1 : 2;
  },
  give: (redis) => redis.incr(STOCK),
  'ask replicas': (redis) => redis.wait(1, 1),
  write: (_, { beside, name }) => failing(beside.insert('row', { name }), 0),
  mail: (_, { beside, name }) => failing(beside.append({ name }), 1),
  'read mails': (_, { beside }) =>
    beside.messages().then(
      (mails) => mails.length,
      () => 4,
    ),
  'mail and go on': (_, { own, beside, memory, name }) => {
    void failing(beside.append({ name }), 1).then((number) => (memory.number += number));
    return own;
  },
  forget: (redis, { own, memory }) => {
    void redis.incr(NOTE).then(
      (noted) => (memory.number += noted),
      () => (memory.number += 4),
    );
    return own;
  },
  recall: (_, { memory }) => memory.number,
  remember: (_, { own, memory }) => {
    memory.number = own + 2;
    return own;
  },
  count: (_, { memory }) => memory.number++,
  sleep: (_, { own }) => pause((done) => setTimeout(done, 10), own),
  'sleep longer': (_, { own }) => pause((done) => setTimeout(done, 100), own),
  later: (_, { own, memory }) => {
    setTimeout(() => memory.number++, 50);
    return own;
  },
  'put off': (_, { own }) => pause((done) => setImmediate(done), own),
  'immediate later': (_, { own, memory }) => {
    setImmediate(() => (memory.number = own));
    return own;
  },
  nothing: async (_, { own }) => own,
};

/** @returns the call's own number after all steps */
async function run(program: readonly Step[], redis: Client, around: Omit<State, 'own'>): Promise<number> {
  let own = 0;
  for (const step of program) {
    const does = DOES[step](redis, { own, ...around });
    // Some steps are over in the same turn of the code.
    own = typeof does === 'number' ? does : await does;
  }
  return own;
}
