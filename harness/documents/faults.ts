/**
 * The one table of what may happen beside the sale's own steps, each as often as its budget in the scope says.
 * Budgets, moves, the server's commands, the socket twin's steps, `--help` and the words and marks of diagrams are
 * derived from it. For a fault of a key or of the server a row is all; CONTRIBUTING.md lists what the others need.
 */

/** How much is on its way on a connection that a fault hits. */
export interface OnItsWay {
  /** Commands that did not run yet, */
  commands: number;
  /** so many of which will run all the same. */
  survivors: number;
  replies: number;
}

interface Row {
  /** As `--help` says it: what happens, once for each unit of the budget. */
  summary: string;
  /** What it hits. A key is one key of the server at a time. */
  hits: 'process' | 'connection' | 'client' | 'call' | 'key' | 'server' | 'clock' | 'buyer' | 'office';
  /** It may come between any two steps of a process, so that nothing of the process may be fused while it is left. */
  disturbs?: true;
  /** A process may still be asked for it when its purchases are answered, so that it is not done while it is left. */
  asks?: true;
  /** The process does nothing more: its lane ends. For `process`. */
  kills?: true;
  /** A buyer asks once more for what they asked for before. For `buyer`. */
  attempt?: true;
  /** A buyer has a process that sells nothing release what may have been bought. For `buyer`. */
  releases?: true;
  /** How it stands in a counterexample; absent: under its own name. */
  event?: 'cut' | 'retry';
  /**
   * What of that which is on its way on the connection it takes away or delays: commands, which then never run; commands that run
   * all the same; or replies. Absent: that makes no difference. For `connection`.
   */
  takes?: keyof OnItsWay;
  /** What a diagram says; `%` is the key. */
  words: string;
  /** How a diagram marks it: what broke is crossed out. Absent: a dot. */
  mark?: 'broken';
  /** What the real server is told, as the same thing would come about by itself. For `key` and `server`. */
  commands?: (key: string) => readonly (readonly string[])[];
  /** Only keys that have a deadline. For `key`. */
  onlyVolatile?: true;
  /** Every connection breaks, and what dead processes had sent is gone. For `server`. */
  breaksConnections?: true;
  /** What was acknowledged before is lost. For `server`. */
  losesData?: true;
  /** A replica takes the server's place, as it is or as it was when it stopped following. For `server`. */
  promotes?: true;
  /** It costs nothing of its own: it may come as long as that fault is left. */
  partOf?: 'failover';
}

/** Buyers' and the server's, in the order in which files name them. */
const FAULT_ROWS = {
  crash: {
    summary: 'a process dies; what it had sent may still run',
    hits: 'process',
    disturbs: true,
    kills: true,
    words: '✗ crashes',
    mark: 'broken',
  },
  'lost-request': {
    summary: 'a connection breaks, and commands that were sent never run',
    hits: 'connection',
    takes: 'commands',
    disturbs: true,
    event: 'cut',
    words: '✂ its connection breaks',
    mark: 'broken',
  },
  'lost-reply': {
    summary: 'a connection breaks, and replies never arrive',
    hits: 'connection',
    takes: 'replies',
    disturbs: true,
    event: 'cut',
    words: '✂ its connection breaks',
    mark: 'broken',
  },
  'late-request': {
    summary: 'a connection breaks, and commands that were sent run later',
    hits: 'connection',
    takes: 'survivors',
    disturbs: true,
    event: 'cut',
    words: '✂ its connection breaks',
    mark: 'broken',
  },
  timeout: {
    summary:
      "a client's commandTimeout passes: what it sent has run or runs later, and the code hears an error",
    hits: 'client',
    disturbs: true,
    words: 'its commandTimeout passes%',
  },
  outside: {
    summary: 'a call of env.outside fails, or takes effect and its answer is lost',
    hits: 'call',
    disturbs: true,
    words: '%',
  },
  retry: {
    summary: 'a buyer without a certain answer asks again with the same requestId',
    hits: 'buyer',
    attempt: true,
    asks: true,
    words: 'asks again, with the same requestId',
  },
  repeat: {
    summary: 'a buyer asks again without waiting for the answer',
    hits: 'buyer',
    attempt: true,
    asks: true,
    event: 'retry',
    words: 'asks again, with the same requestId',
  },
  cancel: {
    summary:
      'a buyer has another process release what may have been bought: while the purchase runs, or afterwards, or once more',
    hits: 'buyer',
    asks: true,
    releases: true,
    words: 'cancels, in another process',
  },
  expire: {
    summary: 'a key that has a TTL expires',
    hits: 'key',
    onlyVolatile: true,
    words: '% expires',
    // A deadline in the past: the key expires now, as it would by the clock.
    commands: (key) => [['PEXPIREAT', key, '1']],
  },
  evict: {
    summary: 'the server evicts a key',
    hits: 'key',
    words: '% is evicted',
    commands: (key) => [['DEL', key]],
  },
  'script-flush': {
    summary: 'the server forgets its scripts',
    hits: 'server',
    words: 'the scripts are flushed',
    commands: () => [['SCRIPT', 'FLUSH', 'SYNC']],
  },
  restart: {
    summary: 'the server restarts with its data: scripts are gone, connections break',
    hits: 'server',
    disturbs: true,
    breaksConnections: true,
    words: 'the server restarts',
    commands: () => [['SCRIPT', 'FLUSH', 'SYNC']],
  },
  'restart-without-aof': {
    summary: 'the server restarts empty',
    hits: 'server',
    disturbs: true,
    breaksConnections: true,
    losesData: true,
    words: 'the server restarts empty',
    commands: () => [
      ['SCRIPT', 'FLUSH', 'SYNC'],
      ['FUNCTION', 'FLUSH', 'SYNC'],
      ['FLUSHALL', 'SYNC'],
    ],
  },
  failover: {
    summary:
      'a replica takes over, after one or both may have stopped following: what came since is lost, scripts are gone, connections break',
    hits: 'server',
    disturbs: true,
    breaksConnections: true,
    promotes: true,
    words: 'a replica takes over%',
    commands: () => [['SCRIPT', 'FLUSH', 'SYNC']],
  },
  slow: {
    summary: 'time passes to any deadline, or by an hour, while something is under way',
    hits: 'clock',
    words: 'time passes%',
  },
} as const satisfies Record<string, Row>;

/** Extras that are asked for by flags and fields of their own. */
const REQUEST_ROWS = {
  release: {
    summary: 'a sold request is released',
    hits: 'buyer',
    asks: true,
    words: 'gives its units back',
  },
  restock: {
    summary: 'one unit more is put on sale',
    hits: 'office',
    words: 'puts one unit more on sale',
  },
  job: {
    summary: 'one pass of background work, in any process',
    hits: 'office',
    disturbs: true,
    asks: true,
    words: 'background work begins',
  },
  confirm: {
    summary: 'a buyer who was sold units confirms',
    hits: 'buyer',
    asks: true,
    words: 'confirms%',
  },
  late: {
    summary: 'time passes to any deadline, or by an hour, while a buyer may still confirm',
    hits: 'clock',
    words: 'time passes before it is paid%',
  },
} as const satisfies Record<string, Row>;

/** What comes before a fault, and is asked for with it. */
const PART_ROWS = {
  lag: {
    summary: 'one of the two replicas stops following, and stays as it is',
    hits: 'server',
    partOf: 'failover',
    words: 'a replica stops following',
    commands: () => [],
  },
} as const satisfies Record<string, Row>;

/** Faults that may happen at any point, as `--faults` names them. */
export type Fault = keyof typeof FAULT_ROWS;
/** Whatever is paid from a budget. */
export type Extra = Fault | keyof typeof REQUEST_ROWS | keyof typeof PART_ROWS;
export type Faults = Readonly<Record<Fault, number>>;

const ROWS = { ...FAULT_ROWS, ...REQUEST_ROWS, ...PART_ROWS };
const TABLE: Readonly<Record<Extra, Row>> = ROWS;

export const FAULTS = Object.keys(FAULT_ROWS) as [Fault, ...Fault[]];
export const EXTRAS = Object.keys(TABLE) as Extra[];
export const NO_FAULTS = Object.fromEntries(FAULTS.map((fault) => [fault, 0])) as Faults;

/** The extras whose row has this in this column. */
type With<Column extends keyof Row, Value> = {
  [E in Extra]: (typeof ROWS)[E] extends Record<Column, Value> ? E : never;
}[Extra];

export type KeyFault = With<'hits', 'key'>;
export type ServerFault = With<'hits', 'server'>;
export type ClockFault = With<'hits', 'clock'>;
export type ProcessFault = With<'hits', 'process'>;
export type ConnectionFault = With<'hits', 'connection'>;
export type ClientFault = With<'hits', 'client'>;
export type CallFault = With<'hits', 'call'>;

/** The names that these have in a counterexample. */
type EventOf<E extends Extra> = E extends unknown
  ? (typeof ROWS)[E] extends { event: infer Event }
    ? Event
    : E
  : never;
export type ConnectionEvent = EventOf<ConnectionFault>;
type AskedEvent = EventOf<With<'hits', 'buyer' | 'office'>>;

const having = <E extends Extra>(holds: (row: Row) => boolean): [E, ...E[]] =>
  EXTRAS.filter((extra) => holds(TABLE[extra])) as [E, ...E[]];

const eventsOf = <Event extends string>(hits: Row['hits'], ...more: Row['hits'][]): [Event, ...Event[]] => {
  const extras = having((row) => [hits, ...more].includes(row.hits));
  return [...new Set(extras.map(eventOf))] as [Event, ...Event[]];
};

export const CLOCK_FAULTS = having<ClockFault>(({ hits }) => hits === 'clock');
export const PROCESS_FAULTS = having<ProcessFault>(({ hits }) => hits === 'process');
export const CONNECTION_FAULTS = having<ConnectionFault>(({ hits }) => hits === 'connection');
export const CLIENT_FAULTS = having<ClientFault>(({ hits }) => hits === 'client');
/** Of one call of a store beside Redis. */
export const CALL_FAULTS = having<CallFault>(({ hits }) => hits === 'call');
/** What happens to one connection: each carries which, and how many of its sent commands still run. */
export const CONNECTION_EVENTS = eventsOf<ConnectionEvent>('connection');
export const KEY_FAULTS = having<KeyFault>(({ hits }) => hits === 'key');
/** Of the server as a whole. */
export const SERVER_FAULTS = having<ServerFault>(({ hits }) => hits === 'server');
export const DISTURBING = having(({ disturbs }) => disturbs === true);
export const ASKING = having(({ asks }) => asks === true);
export const LOSING_DATA = having<ServerFault & Fault>(({ losesData }) => losesData === true);

export const PROMOTION = 'failover' satisfies ServerFault;
/** A replica stops following, and may take over as it is then. */
export const LAG = 'lag' satisfies ServerFault;

/** By it every deadline passes once a sale is at rest. */
export const EXPIRY = 'expire' satisfies KeyFault;
/** By it a server is emptied from one sale to the next. */
export const EMPTYING = 'restart-without-aof' satisfies ServerFault;

/** Faults by which a buyer asks once more. */
export type AttemptFault = With<'attempt', true>;
export const ATTEMPT_FAULTS = having<AttemptFault>(({ attempt }) => attempt === true);

/** Faults by which a buyer has another process release what may have been bought. */
export type ReleaseFault = With<'releases', true>;
export const RELEASE_FAULTS = having<ReleaseFault>(({ releases }) => releases === true);

/** Releases beyond those that the scope asks for. */
export const furtherReleases = (faults: Readonly<Record<ReleaseFault, number>>): number =>
  RELEASE_FAULTS.reduce((sum, fault) => sum + faults[fault], 0);

/** Attempts beyond the first of each buyer, that there may be or that are left. */
export const furtherAttempts = (faults: Readonly<Record<AttemptFault, number>>): number =>
  ATTEMPT_FAULTS.reduce((sum, fault) => sum + faults[fault], 0);

/** Those of them that do not wait for an answer, so that a buyer may be told twice. */
export const overlappingAttempts = ({ repeat }: Faults): number => repeat;

/** What is not a key's or the server's stands in a counterexample under one of these. */
export const ASKED_EVENTS = eventsOf<AskedEvent>('buyer', 'office');

export const faultRow = (extra: Extra): Row => TABLE[extra];

/** The name that it has in a counterexample. */
export function eventOf(extra: Extra): string {
  return TABLE[extra].event ?? extra;
}

/** Whether somebody asks for units to be given back. */
export const givesBack = ({ event }: { event: string }): boolean => event === 'release' || event === 'cancel';
