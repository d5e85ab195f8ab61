/** What a checker of linearizability is asked, and what it answers: operations, a model of one object, a result. */

/** One operation of a history. */
export interface ModelOperation<I, O> {
  process: number;
  input: I;
  output: O;
  /** Any unit of time, the same for all. Two operations are ordered only if one completed *before* the other was invoked. */
  invoked: number;
  /** Infinity: an open end. The operation may take effect at any time after its invocation, or never. */
  completed: number;
}

/** What the object does when nobody else is there. States are never changed in place. */
export interface Model<S, I, O> {
  init(): S;
  /** Whether the object may answer `output` to `input` in this state, and its state afterwards. */
  step(state: S, input: I, output: O): { ok: boolean; state: S };
  /** Whether two states are the same; by default Object.is, so give it when states are objects. */
  equal?(a: S, b: S): boolean;
  /** Equal states have equal hashes. By default the state itself if it is a number or a string, else 0. */
  hash?(state: S): number | string;
  /** Parts of a history that do not influence each other (keys of a map, say); each is checked alone. */
  partition?(operations: readonly ModelOperation<I, O>[]): readonly (readonly ModelOperation<I, O>[])[];
}

export interface LinearizabilityResult<I, O> {
  /** `inconclusive`: the time or the memory was used up. It says nothing about the history. */
  verdict: 'holds' | 'violated' | 'inconclusive';
  /**
   * The longest sequence found that the model accepts and that respects real time. It is an explanation of the
   * whole history when that holds (part after part), else it is of the part that was violated or cut off.
   */
  longestPrefix: readonly ModelOperation<I, O>[];
  /** The operations that real time allows next after that prefix, none of which leads on. Empty when it holds. */
  unplaced: readonly ModelOperation<I, O>[];
}
