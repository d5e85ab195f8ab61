import { Option } from 'commander';
import type { Scaffold } from '../documents/scaffold.ts';
import { STYLES, type Style } from '../documents/styles.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { windowOf } from '../terminal/window.ts';

interface Flags {
  style?: Style;
  key?: string;
  soldOut?: string;
  folder: string;
}

const DEFAULTS = { style: 'lua', key: 'stock:{sku}', soldOut: '-1' } as const;

export const newCommand: CommandFile = {
  examples: ['new my-sale', 'new my-sale --style watch --key stock:{sku} --sold-out SOLD_OUT'],
  options: [
    new Option(
      '--style <style>',
      `how it sells (default: asked at a terminal, else ${DEFAULTS.style})`,
    ).choices(STYLES),
    new Option(
      '--key <key>',
      `the key that holds the stock, {sku} being the product (default: asked at a terminal, else ${DEFAULTS.key})`,
    ),
    new Option(
      '--sold-out <answer>',
      `what the code answers when nothing is left: a number, nil, false or a word (default: asked at a terminal, else ${DEFAULTS.soldOut})`,
    ),
    new Option('--folder <folder>', 'where the files go').default('.'),
  ],
  run,
};

async function run([typed]: [string], flags: Flags, invocation: Invocation): Promise<Answer> {
  const { asName } = await import('../scaffold/answers.ts');
  const { STYLE_TEXTS } = await import('../scaffold/styles.ts');
  const { textsOf } = await import('../scaffold/texts.ts');
  const { writeNew } = await import('../scaffold/write-new.ts');
  const { scaffoldText } = await import('../../reports/text/scaffold.ts');
  const name = asName(typed);
  const asked = { name, ...(await answersOf(flags, invocation)) };
  const files = writeNew(flags.folder, textsOf(asked));
  const [strategy] = files as [string];
  const document: Scaffold = {
    ...asked,
    files,
    verdict: STYLE_TEXTS[asked.style].verdict,
    next: [`npx oversell explore ${pathWord(strategy)}`, `npx vitest run ${pathWord(files.at(-1)!)}`],
  };
  return { document, text: scaffoldText(document, windowOf(invocation.stdout)) };
}

/** A word of a command line that is read as a path. */
function pathWord(file: string): string {
  const path = /^[./]/.test(file) ? file : `./${file}`;
  return /^[\w./@-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

type Answers = Pick<Scaffold, 'style' | 'key' | 'soldOut'>;

/** What was not typed is asked at a terminal. @throws UsageError */
async function answersOf(flags: Flags, { args, signal }: Invocation): Promise<Answers> {
  const { asKey, asSoldOut, asStyle } = await import('../scaffold/answers.ts');
  const { STYLE_TEXTS } = await import('../scaffold/styles.ts');
  // What was typed is looked at before anything is asked.
  const typed = {
    style: flags.style,
    key: flags.key === undefined ? undefined : asKey(flags.key),
    soldOut: flags.soldOut === undefined ? undefined : asSoldOut(flags.soldOut),
  };
  const { style, key, soldOut } = typed;
  if (style !== undefined && key !== undefined && soldOut !== undefined) return { style, key, soldOut };
  const isAtTerminal = process.stdin.isTTY && process.stderr.isTTY && !args.includes('--json');
  if (!isAtTerminal) {
    return {
      style: style ?? DEFAULTS.style,
      key: key ?? DEFAULTS.key,
      soldOut: soldOut ?? DEFAULTS.soldOut,
    };
  }
  const { askerAt } = await import('../scaffold/ask.ts');
  using asker = askerAt(process.stdin, process.stderr, signal);
  const styles = STYLES.map((one, i) => `  ${i + 1} ${one}: ${STYLE_TEXTS[one].summary}`).join('\n');
  return {
    key: key ?? (await asker.ask('Which key holds the stock? {sku} is the product', DEFAULTS.key, asKey)),
    style:
      style ??
      (await asker.ask(`How does your code sell?\n${styles}\nA number or a name`, DEFAULTS.style, asStyle)),
    soldOut:
      soldOut ?? (await asker.ask('What does it answer when nothing is left?', DEFAULTS.soldOut, asSoldOut)),
  };
}
