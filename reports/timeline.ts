import type { CounterexampleStep } from '../harness/explorer/counterexample.ts';

/** Most characters of one command or reply; the file has them whole. */
const WIDEST = 34;

/**
 * A space-time diagram in text: one lane per buyer, time runs down, and on the right what the store says is left.
 *
 *   A                 B                  stock
 *   GET → 1                                  1
 *                     GET → 1                1
 */
export function timeline({
  scope,
  steps,
}: {
  scope: { buyers: number };
  steps: readonly CounterexampleStep[];
}): string[] {
  const buyers = Array.from({ length: scope.buyers }, (_, b) => String.fromCharCode(65 + b));
  const others = ['retry', 'office', 'server'].filter((actor) =>
    steps.some((step) => laneOf(step) === actor),
  );
  const lanes = [...buyers, ...others];
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

const isShared = ({ actor }: CounterexampleStep): boolean => /^[A-Z]{2,}$/.test(actor);

/** Buyers on one instance cannot be told apart on the wire; their steps stand in the lane of the first. */
const laneOf = ({ actor }: CounterexampleStep): string => (/^[A-Z]+$/.test(actor) ? actor[0]! : actor);

function describe(step: CounterexampleStep): string {
  const who = isShared(step) ? `${step.actor}: ` : '';
  const answers = (step.answers ?? []).map((answer) =>
    isShared(step) ? answer : answer.replace(/^[A-Z] /, ''),
  );
  const said = answers.length > 0 ? `  ${answers.join(', ')}` : '';
  return `${who}${what(step)}${said}`;
}

function what(step: CounterexampleStep): string {
  const detail = step.detail === undefined ? '' : ` (${shorten(step.detail)})`;
  switch (step.event) {
    case 'execute':
      return `${shorten(commandInWords(step.command!))} → ${shorten(step.reply!)}`;
    case 'deliver':
      return 'the reply arrives';
    case 'start':
      return 'asks';
    case 'retry':
      return 'asks again, with the same requestId';
    case 'release':
      return 'gives its units back';
    case 'restock':
      return 'puts one unit more on sale';
    case 'job':
      return 'background work begins';
    case 'timer':
      return 'its timer fires';
    case 'cut':
      return `✂ its connection breaks${detail}`;
    case 'crash':
      return `✗ crashes${detail}`;
    case 'expire':
      return `${step.detail} expires`;
    case 'evict':
      return `${step.detail} is evicted`;
    case 'script-flush':
      return 'the scripts are flushed';
    case 'restart':
      return 'the server restarts';
    case 'restart-without-aof':
      return 'the server restarts empty';
  }
}

/** A script's text and digest say little; its keys and arguments say what it does. */
function commandInWords([name, ...args]: readonly string[]): string {
  const isScript = /^(EVAL|EVALSHA)(_RO)?$/.test(name!);
  return [name!, ...(isScript ? ['…', ...args.slice(2)] : args)].join(' ');
}

const shorten = (text: string): string => (text.length <= WIDEST ? text : `${text.slice(0, WIDEST - 1)}…`);
