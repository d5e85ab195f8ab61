import type { Counterexample, CounterexampleStep } from '../harness/explorer/counterexample.ts';

/** Most characters of one command or reply; the file has them whole. */
const WIDEST = 34;

/**
 * A space-time diagram in text: one lane per buyer, time runs down, and on the right what the store says is left.
 *
 *   A                 B                  stock
 *   GET → 1                                  1
 *                     GET → 1                1
 */
export function timeline({ scope, steps }: Pick<Counterexample, 'scope' | 'steps'>): string[] {
  const lanes = Array.from({ length: scope.buyers }, (_, b) => String.fromCharCode(65 + b));
  const texts = steps.map(describe);
  const widths = lanes.map((lane) =>
    Math.max(lane.length, ...steps.map((step, i) => (laneOf(step) === lane ? texts[i]!.length : 0))),
  );
  const line = (cells: readonly string[], stock: string): string =>
    `  ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join('   ')}   ${stock.padStart(5)}`;
  return [
    line(lanes, 'stock'),
    ...steps.map((step, i) =>
      line(
        lanes.map((lane) => (laneOf(step) === lane ? texts[i]! : '')),
        step.stock === null ? '?' : String(step.stock),
      ),
    ),
  ];
}

/** Buyers on one instance cannot be told apart on the wire; their steps stand in the lane of the first. */
const laneOf = (step: CounterexampleStep): string => step.actor[0]!;

function describe(step: CounterexampleStep): string {
  const who = step.actor.length > 1 ? `${step.actor}: ` : '';
  const answers = (step.answers ?? []).map((answer) => (step.actor.length > 1 ? answer : answer.slice(2)));
  const said = answers.length > 0 ? `  ${answers.join(', ')}` : '';
  return `${who}${what(step)}${said}`;
}

function what(step: CounterexampleStep): string {
  switch (step.event) {
    case 'execute':
      return `${shorten(commandInWords(step.command!))} → ${shorten(step.reply!)}`;
    case 'deliver':
      return 'the reply arrives';
    case 'start':
      return 'asks';
    case 'timer':
      return 'its timer fires';
    case 'crash':
      return '✗ crashes';
  }
}

/** A script's text and digest say little; its keys and arguments say what it does. */
function commandInWords([name, ...args]: readonly string[]): string {
  const isScript = /^(EVAL|EVALSHA)(_RO)?$/.test(name!);
  return [name!, ...(isScript ? ['…', ...args.slice(2)] : args)].join(' ');
}

const shorten = (text: string): string => (text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`);
