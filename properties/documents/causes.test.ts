import { describe, expect, test } from 'vitest';
import { explained } from '../../harness/documents/explanation.ts';

type Steps = Parameters<typeof explained>[0]['steps'];
const script = (actor: string, reply: string, stock: number, answers: string[]): Steps[number] => ({
  actor,
  event: 'execute',
  command: ['EVALSHA', 'abc', '1', '{item}:stock', '64'],
  reply,
  stock,
  answers,
});

describe('one process that takes more than it sells', () => {
  const sale = [
    { actor: 'A', event: 'start', stock: 2 },
    script('A', '2', 0, ['A sold']),
    script('B', '0', 0, ['B sold-out']),
    script('A', '0', 1, []),
  ] as const;

  test('is why another buyer is refused, and not that buyer’s own script', () => {
    const { cause, because } = explained({ property: 'false-refusal', steps: sale });
    expect(cause).toBe('taken-in-advance');
    expect(because).toMatch(/A's EVALSHA .* took more than was sold.*B was told sold-out before A's/);
  });

  test('is not seen where nothing comes back, nor where its buyer gave it back', () => {
    const [start, took, refused, back] = sale;
    const kept = explained({ property: 'false-refusal', steps: [start, took, refused] });
    expect(kept).toMatchObject({ cause: 'script-by-itself' });
    expect(kept.because).toContain('no two commands crossed');
    const release = { actor: 'A', event: 'release', stock: 0 } as const;
    const returned = [start, took, refused, release, back];
    expect(explained({ property: 'false-refusal', steps: returned }).cause).not.toBe('taken-in-advance');
  });

  test('no two commands are said not to have crossed where one came between', () => {
    const between = [
      script('A', '2', 2, []),
      script('B', '0', 2, ['B sold-out']),
      script('A', '0', 2, ['A sold']),
    ];
    expect(explained({ property: 'false-refusal', steps: between }).because).not.toContain('no two commands');
  });
});
