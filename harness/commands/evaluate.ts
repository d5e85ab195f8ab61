import { Option } from 'commander';
import type { ScreenPlan } from '../../reports/text/screen.ts';
import { freshSeed } from '../ground/ambient.ts';
import { requireFolder } from '../documents/write-file.ts';
import { PROFILES, type Profile } from '../evaluate/profiles.ts';
import type { TargetOptions } from '../redis/open.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { summaryFile } from '../terminal/github-summary.ts';
import { windowOf } from '../terminal/window.ts';
import { allowConnectOption, requireOwnCode } from './allow-connect.ts';
import { junitOption, repeatCommand, runsOption, seedOption, summaryOption } from '../terminal/options.ts';

interface Flags extends TargetOptions {
  profile: Profile;
  seed?: number;
  discover?: true;
  history?: true;
  githubSummary?: true;
  junit?: string;
  runs: string;
}

export const evaluateCommand: CommandFile = {
  examples: [
    'evaluate',
    'evaluate ./sell.ts --discover',
    'evaluate lua-reserve-once --redis redis://127.0.0.1:6379',
    'evaluate --profile full --seed 7',
  ],
  options: [
    new Option(
      '--profile <name>',
      'quick: some built-ins in some environments, each measured once; full: all built-ins in all environments, with repeated trials',
    )
      .choices(Object.keys(PROFILES))
      .default('quick'),
    new Option(
      '--discover',
      'find out what the strategies do not declare, and print it to be pasted into them (default: it has to hold)',
    ),
    seedOption(),
    new Option('--history', 'keep every recorded operation'),
    runsOption('create the folder of this run in here'),
    summaryOption(),
    junitOption(),
    allowConnectOption(),
  ],
  runsStrategies: true,
  sells: true,
  needsServer: true,
  run,
};

async function run([strategies]: [string[]], flags: Flags, invocation: Invocation): Promise<Answer> {
  const { overallVerdictOf } = await import('../documents/findings.ts');
  const { evaluate } = await import('../evaluate/evaluate.ts');
  const { screen, screenSoFar } = await import('../../reports/text/screen.ts');
  const { judgedOfResult } = await import('../../reports/ci/judged.ts');
  const { requireJUnitFile, toldToCi } = await import('../../reports/ci/tell.ts');
  const { appendSummary } = await import('../../reports/step-summary.ts');
  const { markdown } = await import('../../reports/markdown.ts');
  const { writeReports } = await import('../../reports/write.ts');
  const { script, args, version, stdout, beginning, progress, signal, loss } = invocation;
  const { discover = false, history = false, seed = freshSeed(), githubSummary, junit, ...others } = flags;
  const summary = githubSummary ? summaryFile(process.env) : undefined;
  requireFolder('--runs', others.runs);
  requireJUnitFile(junit);
  requireOwnCode(strategies, others.allowConnect);
  const command = repeatCommand(script, args, seed);
  progress.line(`seed ${seed}; again: ${command}`);
  const around = { command, version, progress, signal, loss };
  const window = windowOf(stdout);
  let plan: ScreenPlan | undefined;
  const { result, folder, keeper, fault } = await evaluate({
    ...others,
    ...around,
    strategies,
    seed,
    discover,
    history,
    onPlan: (made) => (plan = made),
    onFound: (found, soFar) => beginning.tell(screenSoFar(found, soFar, plan!, window)),
  });
  let report: string | undefined;
  await keeper.keepSoon(async () => (report = (await writeReports(folder, result)).html));
  if (summary !== undefined) keeper.keep(() => appendSummary(summary, markdown(result)));
  toldToCi(judgedOfResult(result), { junit, keeper, progress });
  const text = screen(result, report, window, plan);
  return { document: result, text, verdict: overallVerdictOf(result), fault: fault ?? keeper.fault };
}
