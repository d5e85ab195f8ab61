import { relative } from 'node:path';
import type { Explored } from '../../harness/commands/explore.ts';
import type { Exploration } from '../../harness/explorer/explore.ts';
import type { Counterexample } from '../../harness/documents/counterexample.ts';
import type { Replay } from '../../harness/explorer/sockets/replay.ts';
import { PROPERTIES } from '../../strategies/contract.ts';
import { textTable } from './text-table.ts';
import { timeline } from '../diagram/text.ts';
import { grouped, plural } from '../view/figures.ts';

/** As `explore --json` prints it. */
export function explorationJson({ exploration, files }: Explored): object {
  const { audit, reductions, outcomes, interleavings, notes, ...rest } = exploration;
  const properties = Object.fromEntries(
    PROPERTIES.map((property) => {
      const { verdict, coverage, counterexample } = exploration.properties[property];
      return [
        property,
        { verdict, coverage, counterexample: counterexample && brief(counterexample, files[property]) },
      ];
    }),
  );
  return {
    ...rest,
    properties,
    interleavings: interleavings.toString(),
    notes,
    reductions,
    outcomes: outcomes.size,
    audit: { replayed: audit.replayed, mismatches: audit.mismatches },
  };
}

function brief(
  { scope, minimal, steps, schedule, message, remedy }: Counterexample,
  file: string | undefined,
): object {
  const { buyers, stock } = scope;
  return { buyers, stock, minimal, steps, schedule, file: file ?? null, message, remedy };
}

/** What a person sees at the end of an exploration. */
export function explorationText({ exploration, files }: Explored): string {
  const { strategy, path, scope, coverage, notes } = exploration;
  const from = path === undefined ? strategy : `${strategy} (${relative('', path)})`;
  const rows = PROPERTIES.map((property) => {
    const { verdict, counterexample } = exploration.properties[property];
    return [property, verdict === 'violated' ? 'VIOLATED' : verdict, counterexample?.message ?? ''];
  });
  const found = PROPERTIES.flatMap((property) => {
    const { counterexample } = exploration.properties[property];
    return counterexample ? [counterexampleText(counterexample, files[property])] : [];
  });
  return [
    `${from} · ${scope.server} · seed ${scope.seed}\n${scopeText(exploration)}`,
    textTable(['property', 'verdict', ''], rows, []),
    ...found,
    [`coverage: ${coverage}`, ...notes].join('; ') + `\n${figures(exploration)}`,
  ].join('\n\n');
}

/** What the claim is about. */
function scopeText({ scope }: Exploration): string {
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
}: Exploration): string {
  return (
    `${interleavings} interleavings, ${grouped(states)} states, ${grouped(transitions)} transitions, ` +
    `${grouped(serverCommands)} commands on the server, ${(elapsedMs / 1000).toFixed(2)} s, ` +
    `${grouped(statesPerSecond)} states/s; ${audit.replayed} replayed over real sockets, ` +
    `${audit.mismatches.length} mismatches`
  );
}

/** A counterexample as a diagram with its remedy. */
function counterexampleText(counterexample: Counterexample, file?: string): string {
  const { property, message, scope, minimal, remedy } = counterexample;
  const size = `${scope.buyers} ${scope.buyers === 1 ? 'buyer' : 'buyers'}, ${scope.stock} ${scope.stock === 1 ? 'unit' : 'units'}`;
  return [
    `${property}, with ${size}${minimal ? '' : ' (not minimal)'}: ${message}`,
    ...timeline(counterexample),
    `Remedy: ${remedy}.`,
    ...(file === undefined ? [] : [`Again: oversell replay ${file}`]),
  ].join('\n');
}

const RESULTS: Record<Replay['result'], string> = {
  confirmed: 'CONFIRMED over real sockets',
  mended: 'not violated any more',
  diverged: 'DIVERGED: the code no longer does what was recorded; explore it again',
};

export function replayText(counterexample: Counterexample, { result, message }: Replay): string {
  return `${counterexampleText(counterexample)}\n\n${RESULTS[result]}: ${message}`;
}
