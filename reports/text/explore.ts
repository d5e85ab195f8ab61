import { relative } from 'node:path';
import type { Counterexample } from '../../harness/documents/counterexample.ts';
import type { ExplorationDocument, Replay, ServiceFacts } from '../../harness/documents/exploration.ts';
import { faultRow } from '../../harness/documents/faults.ts';
import { PROPERTIES, type Property } from '../../strategies/contract.ts';
import type { Interleaving } from '../diagram/lanes.ts';
import { grouped, plural } from '../view/figures.ts';
import { ownClientsText } from './own-clients.ts';
import { ordersText } from './orders.ts';
import { atRestText } from '../view/at-rest.ts';
import { stepsText } from './steps.ts';
import { textTable } from './text-table.ts';
import { verdictWord } from './verdicts.ts';
import { ink, PAPER, type Window } from './window.ts';

/** What a person sees at the end of an exploration. */
export function explorationText(exploration: ExplorationDocument, window: Window = PAPER): string {
  const { strategy, path, service, clients, scope, coverage, notes, alone, unspent = [] } = exploration;
  const from = path === undefined ? strategy : `${strategy} (${relative('', path)})`;
  const rows = PROPERTIES.map((property) => {
    const { verdict, counterexample } = exploration.properties[property];
    return [property, verdictWord(verdict, window), counterexample?.message ?? ''];
  });
  const found = foundIn(exploration).map((told) => counterexampleText(told, window));
  return [
    [from, ...(clients ? [ownClientsText(clients)] : []), scope.server, `seed ${scope.seed}`].join(' · ') +
      `\n${scopeText(exploration)}`,
    ...(alone === undefined ? [] : [alone]),
    textTable(['property', 'verdict', ''], rows, [], window),
    ...found,
    ...(unspent.length > 0 ? [unspentText(unspent)] : []),
    ...(service ? [serviceText(service)] : []),
    [`coverage: ${coverage}`, ...notes].join('; ') + `\n${figures(exploration)}`,
  ].join('\n\n');
}

/** What was run of a service. */
const serviceText = ({ processes, requests, fresh, ownNetworks, foreignSockets }: ServiceFacts): string =>
  [
    `service: ${grouped(processes)} ${processes === 1 ? 'process' : 'processes'} started, ${plural(requests, 'request')} to buy`,
    ...(fresh ? ['each history in a process of its own, as what one keeps changes the next'] : []),
    ...(ownNetworks ? ['each process in a network of its own'] : []),
    ...(foreignSockets.length > 0 ? [`it also talked to ${foreignSockets.join(', ')}`] : []),
  ].join('; ');

/** Its counterexamples, in the order of the properties. */
const foundIn = ({ properties }: ExplorationDocument): Told[] =>
  PROPERTIES.flatMap((property) => {
    const { counterexample } = properties[property];
    if (!counterexample) return [];
    const { buyers, stock, ...shown } = counterexample;
    return [{ ...shown, property, scope: { buyers, stock } }];
  });

/** How a property is violated: message, diagram, cause, remedy and the command that replays it; without one, its verdict. */
export function counterexampleOf(exploration: ExplorationDocument, property: Property): string {
  const found = foundIn(exploration).find((told) => told.property === property);
  const { verdict } = exploration.properties[property];
  return found ? counterexampleText(found) : `${property}: ${verdict}, and there is no counterexample`;
}

/** The counterexample with the fewest steps; undefined if there is none. */
export function smallestText(exploration: ExplorationDocument, window: Window): string | undefined {
  const [smallest] = foundIn(exploration).toSorted((a, b) => a.steps.length - b.steps.length);
  // Where it was kept is over when the next one is explored.
  return smallest && counterexampleText({ ...smallest, file: null }, window);
}

/** What was in the budget to no purpose. */
const unspentText = (unspent: NonNullable<ExplorationDocument['unspent']>): string =>
  [
    'never happened, because there was no occasion for it in any interleaving:',
    ...unspent.map((extra) => `  ${extra}: ${faultRow(extra).summary}`),
  ].join('\n');

/** What the claim is about. */
function scopeText({ scope }: ExplorationDocument): string {
  const faults = Object.entries(scope.faults).flatMap(([name, budget]) =>
    budget > 0 ? [`${name}=${budget}`] : [],
  );
  return [
    `${plural(scope.buyers, 'buyer')} of ${[...new Set(scope.quantities)].join(', ')} on ${plural(scope.instances, 'instance')}`,
    plural(scope.stock, 'unit'),
    plural(scope.attempts, 'attempt'),
    ...(scope.perUserLimit === undefined
      ? []
      : [`at most ${scope.perUserLimit} a user, ${scope.users} users`]),
    faults.length > 0 ? `faults ${faults.join(', ')}` : 'no faults',
    `client ${scope.client}`,
    'one node',
  ].join(', ');
}

function figures({
  interleavings,
  states,
  transitions,
  serverCommands,
  elapsedMs,
  statesPerSecond,
  audit,
}: ExplorationDocument): string {
  return (
    `${grouped(statesPerSecond)} states/s, ${(elapsedMs / 1000).toFixed(2)} s: ` +
    `${ordersText(BigInt(interleavings), states)}, ${plural(transitions, 'transition')}, ` +
    `${plural(serverCommands, 'command')} on the server; ${audit.replayed} replayed over real sockets, ` +
    `${audit.mismatches.length} mismatches`
  );
}

interface Told
  extends
    Interleaving,
    Pick<Counterexample, 'property' | 'message' | 'minimal' | 'cause' | 'remedy' | 'atRest'> {
  file?: string | null;
}

/** A counterexample as a diagram with its cause and its remedy. */
export function counterexampleText({ file, ...counterexample }: Told, window = PAPER): string {
  const { property, message, scope, minimal, cause, remedy, atRest } = counterexample;
  const size = `${plural(scope.buyers, 'buyer')}, ${plural(scope.stock, 'unit')}`;
  return [
    `${ink(window, 'strong', property)}, with ${size}${minimal ? '' : ' (not minimal)'}: ${message}`,
    ...stepsText(counterexample, window),
    ...(atRest ? [atRestText(atRest)] : []),
    ...(cause === undefined ? [] : [`${ink(window, 'strong', 'Cause:')} ${cause}.`]),
    `${ink(window, 'strong', 'Remedy:')} ${remedy}.`,
    ...(typeof file === 'string' ? [`Again: oversell replay ${file}`] : []),
  ].join('\n');
}

const RESULTS: Record<Replay['result'], string> = {
  confirmed: 'CONFIRMED over real sockets',
  'no-longer-violated': 'no longer violated',
  diverged: 'DIVERGED: the code no longer does what was recorded; explore it again',
};

export function replayText(
  counterexample: Counterexample,
  { result, message }: Replay,
  window: Window = PAPER,
): string {
  return `${counterexampleText(counterexample, window)}\n\n${RESULTS[result]}: ${message}`;
}
