/**
 * Rules that make the search sound, each of which a simpler search would do without. Tests leave one out and watch
 * the search go wrong; nothing else does.
 */
export interface Rules {
  /** A watched key that another connection touches makes EXEC answer nil. */
  othersTouch: boolean;
  /** So does one that the watching connection touches itself. */
  ownTouch: boolean;
  /** Which operations were over before each one started is part of the state. */
  realTimeOrder: boolean;
  /** Commands that a dead process had sent may still run. */
  ghosts: boolean;
  /** While a crash or a cut may come, it may come between the running of a command and its reply's arrival. */
  separateDelivery: boolean;
  /** A connection may break after some replies of a batch and before the others. */
  replyPrefixes: boolean;
  /** Whether a key will expire is part of the content. */
  logicalTtl: boolean;
  /** Several replies may arrive in one chunk, with no microtask between. */
  chunks: boolean;
  /**
   * They do so by events of their own where a process serves several buyers: only where it was found to matter, and
   * not where that makes too many states, which is said.
   */
  sharedChunks: boolean | 'left out';
  /** What setImmediate puts off comes as an event. */
  immediates: boolean;
  /** Commands that a process sends to start interleave with everything else. */
  boots: boolean;
  /** Where what time it is makes a difference, a timer that fires moves the clock. */
  clock: boolean;
  /** A tick that changes nothing of its process leads back to the state before it: until it is found to matter. */
  ticks: boolean;
  /** Timers of one process fire in the order of their deadlines. */
  deadlineOrder: boolean;
  /** Each process draws chance of its own. */
  ownChance: boolean;
  /** Buyers are interchangeable only if everything comes out the same under other names. */
  renamingCheck: boolean;
  /** What the back office knows of buyers is renamed when they are. */
  renamedOffice: boolean;
  /** What the server draws comes out in every way. */
  allDraws: boolean;
  /** What has no order is told in other orders, too. */
  orders: boolean;
  /** Each process has packages of its own, where they were found to hold state. */
  ownPackages: boolean;
  /** Whether they hold state is looked at. */
  packages: boolean;
  /** Contents are compared by what they mean, not by how they are stored. */
  logicalContent: boolean;
}

export const ALL_RULES: Rules = {
  othersTouch: true,
  ownTouch: true,
  realTimeOrder: true,
  ghosts: true,
  separateDelivery: true,
  replyPrefixes: true,
  logicalTtl: true,
  chunks: true,
  sharedChunks: false,
  immediates: true,
  boots: true,
  clock: true,
  ticks: true,
  deadlineOrder: true,
  ownChance: true,
  renamingCheck: true,
  renamedOffice: true,
  allDraws: true,
  orders: true,
  ownPackages: false,
  packages: true,
  logicalContent: true,
};
