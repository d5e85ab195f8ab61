import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { titleOf } from './processes.mjs';

/** What is counted. */
export const KINDS = ['process', 'folder', 'half-written', 'exit code', 'hang', 'loss', 'words'];

/** How long what ends with a command may take to be gone. */
const GOING_MS = 12_000;

/** All that is wrong with how a try ended: `kind` is one of KINDS. */
export async function faultsOf(result, { work, tmp, runs, left }) {
  for (let waited = 0; waited < GOING_MS; waited += 50) {
    if (left().length === 0 && readdirSync(tmp).length === 0) break;
    await sleep(50);
  }
  const documents = documentsIn(runs);
  return [
    ...left().map((pid) => ({ kind: 'process', what: `${pid} ${titleOf(pid)}` })),
    ...readdirSync(tmp).map((name) => ({ kind: 'folder', what: `${name} in TMPDIR` })),
    ...documents.flatMap(({ file, broken }) => (broken ? [{ kind: 'half-written', what: file }] : [])),
    ...exitFaults(result),
    ...wordFaults(result),
    ...losses(result, work),
  ];
}

/** Files under the folder, and whether each is whole. */
function documentsIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'filler')
    .map(({ parentPath, name }) => {
      const file = join(parentPath, name);
      const text = readFileSync(file, 'utf8');
      return { file, broken: name.endsWith('.part') || text === '' || !isWhole(name, text) };
    });
}

function isWhole(name, text) {
  if (name.endsWith('.html')) return text.trimEnd().endsWith('</html>');
  if (!name.endsWith('.json')) return true;
  return parsed(text) !== undefined;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function exitFaults({ command, attack, inflicted, exitCode, tookMs, said }) {
  if (exitCode === 'hung') return [{ kind: 'hang', what: `it went on for ${tookMs} ms` }];
  const allowed = [...command.codes, ...(inflicted ? attack.codes : [])];
  // Before Node has loaded it, nothing of ours hears a signal.
  const hasBegun = said.stdout + said.stderr !== '';
  if (allowed.includes(exitCode) || (exitCode === null && !hasBegun && attack.keeps)) return [];
  return [{ kind: 'exit code', what: `${exitCode}, where it may be ${allowed.join(', ')}` }];
}

/** A stack, a bug of ours, an answer that is none. */
export function wordFaults({ command, said, attack, exitCode }) {
  const faults = [];
  if (/bug in oversell|\n {4}at .*\.js:\d+/.test(said.stderr + said.stdout))
    faults.push({ kind: 'words', what: `it tells a bug: ${said.stderr.slice(-600)}` });
  const isDocument = command.words.includes('--json') && attack.name !== 'stdout closed';
  const ended = exitCode !== null && exitCode !== 'hung';
  if (isDocument && ended && said.stdout !== '' && parsed(said.stdout) === undefined)
    faults.push({ kind: 'words', what: `no document on stdout: ${said.stdout.slice(0, 200)}` });
  return faults;
}

/** What it had found, by its own word, and did not keep. */
export function losses({ command, attack, said, exitCode }, work) {
  if (!attack.keeps && !attack.answers && exitCode !== 4) return [];
  const faults = [];
  const document = parsed(said.stdout);
  const again = / again: |Again: /.test(said.stderr + said.stdout) || /"command":/.test(said.stdout);
  if (command.runs && said.stderr.includes('every interleaving,') && !again)
    faults.push({ kind: 'loss', what: 'the line that repeats it' });
  if (attack.answers && document === undefined && attack.name !== 'stdout full')
    faults.push({ kind: 'loss', what: 'its answer' });
  if (document?.properties && attack.keeps && command.runs)
    faults.push(...lostCounterexamples(document.properties, work));
  for (const strategy of document?.strategies ?? [])
    for (const { properties, environment } of strategy.explored ?? [])
      if (attack.keeps) faults.push(...lostCells(properties, environment, said, work));
  if (command.trials && attack.keeps) faults.push(...lostTrials(document, said));
  return faults;
}

function lostCounterexamples(properties, work) {
  return Object.entries(properties).flatMap(([property, { verdict, counterexample }]) =>
    verdict === 'violated' && !(counterexample?.file && existsSync(join(work, counterexample.file)))
      ? [{ kind: 'loss', what: `the counterexample of ${property}` }]
      : [],
  );
}

function lostCells(properties, environment, said, work) {
  const [folder] = existsSync(join(work, 'runs')) ? readdirSync(join(work, 'runs')) : [];
  return Object.entries(properties).flatMap(([property, { verdict, evidence }]) => {
    if (verdict !== 'violated') return [];
    const file = evidence[0]?.counterexample?.file;
    return file && folder && existsSync(join(work, 'runs', folder, file))
      ? []
      : [{ kind: 'loss', what: `the counterexample of ${property} in ${environment}` }];
  });
}

/** Each trial that was followed by another one had come to its end. */
function lostTrials(document, { stderr }) {
  const begun = [...stderr.matchAll(/(?:^| · )([a-z-]+), trial (\d+) of \d+$/gm)];
  const finished = new Map();
  for (const [, name, trial] of begun.slice(0, -1)) finished.set(name, Number(trial));
  return [...finished].flatMap(([name, trials]) => {
    const row = document?.strategies?.find(({ strategy }) => strategy === name);
    return (row?.salesPerSecondOfTrials?.length ?? 0) >= trials
      ? []
      : [{ kind: 'loss', what: `figures of ${trials} trials of ${name}` }];
  });
}
