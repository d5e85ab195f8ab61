import { columnsOf } from '../ground/progress.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { windowOf } from '../terminal/window.ts';

export const listCommand: CommandFile = { examples: ['list', 'list --json'], options: [], run };

async function run(_: [], _flags: object, { stdout }: Invocation): Promise<Answer> {
  const { registry } = await import('../../strategies/registry.ts');
  const { strategiesText } = await import('../../reports/text/lists.ts');
  const strategies = registry.map(({ strategy, file, control }) => ({ ...strategy, file, control }));
  return {
    document: { strategies },
    text: strategiesText(registry, { ...windowOf(stdout), columns: columnsOf(stdout) }),
  };
}
