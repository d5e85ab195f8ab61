import type { Answer, CommandFile } from '../terminal/answer.ts';

export const listCommand: CommandFile = { options: [], run };

async function run(): Promise<Answer> {
  const { registry } = await import('../../strategies/registry.ts');
  const { strategiesText } = await import('../../reports/text/lists.ts');
  const strategies = registry.map(({ strategy, file, control }) => ({ ...strategy, file, control }));
  return { document: { strategies }, text: strategiesText(registry) };
}
