import { z } from 'zod';
import { ENVIRONMENTS, PROPERTIES, type Strategy } from '../../strategies/contract.ts';
import { UsageError } from '../ground/errors.ts';
import { lineOfField } from './lines.ts';
import { placeOf } from '../ground/places.ts';
import { namedThrown } from '../ground/thrown.ts';

const method = z.custom((value) => typeof value === 'function', 'it is not a function');
const features = ['several-units', 'limit', 'cluster', 'orders'] as const;

/** The contract, as far as it can be seen before anything is called. */
const shape = z.looseObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][\w.-]*$/, 'give a name in kebab-case: files are named after it')
    .refine((name) => !(name in {}), 'every object has something of that name: give another'),
  summary: z.string(),
  connection: z.enum(['shared', 'exclusive']),
  supports: z
    .array(z.enum(features satisfies readonly NonNullable<Strategy['supports']>[number][]))
    .optional(),
  needs: z
    .looseObject({
      commands: z.array(z.string()).optional(),
      minRedis: z
        .string()
        .regex(/^\d+(\.\d+)*$/, 'give a version: 7.0.0')
        .optional(),
      replicas: z.int().positive().optional(),
    })
    .optional(),
  client: z.looseObject({}).optional(),
  reserves: z.boolean().optional(),
  guarantees: z
    .partialRecord(
      z.enum(PROPERTIES),
      z.partialRecord(z.enum(ENVIRONMENTS), z.enum(['holds', 'breaks', 'n/a'])),
    )
    .optional(),
  open: method,
  seller: method,
});

export interface ExportedStrategy {
  /** Under which name the file exports it. */
  exportName: string;
  strategy: Strategy;
}

/** Something else may be exported beside a strategy; what has one of these means to be one. */
const MARKS = ['open', 'seller', 'connection'];

/**
 * The strategies among a module's exports, in the order of their export names.
 * @throws UsageError NO_STRATEGY, WRONG_SHAPE or DUPLICATE_NAME, which names file and line
 */
export function strategiesIn(
  exports: Record<string, unknown>,
  file: string,
  source: string,
): ExportedStrategy[] {
  const found = new Map<unknown, ExportedStrategy>();
  for (const [exportName, value] of Object.entries(exports)) {
    if (typeof value !== 'object' || value === null) continue;
    const unreadable = firstUnreadable(value);
    if (unreadable) throw wrongShape(exportName, unreadable, file, source);
    if (!MARKS.some((mark) => mark in value)) continue;
    const fault = firstFault(value);
    if (fault) throw wrongShape(exportName, fault, file, source);
    if (!found.has(value)) found.set(value, { exportName, strategy: value as Strategy });
  }
  const strategies = [...found.values()];
  if (strategies.length === 0) throw noStrategy(Object.keys(exports), file);
  for (const [i, { exportName, strategy }] of strategies.entries()) {
    const earlier = strategies.slice(0, i).find((other) => other.strategy.name === strategy.name);
    if (!earlier) continue;
    throw new UsageError(
      'DUPLICATE_NAME',
      `${placeOf(file, lineOfField(source, exportName, 'name'))}: ${earlier.exportName} and ${exportName} are both named "${strategy.name}"`,
      'give each strategy a name of its own',
    );
  }
  return strategies;
}

function wrongShape(exportName: string, fault: Fault, file: string, source: string): UsageError {
  const place = placeOf(file, lineOfField(source, exportName, fault.field[0]!));
  const field = fault.field.join('.');
  return new UsageError(
    'WRONG_SHAPE',
    `${place}: ${exportName}.${field} is wrong: ${fault.message}`,
    `correct ${field} as interface Strategy in oversell/contract says`,
  );
}

interface Fault {
  /** The way to it from the strategy. */
  field: string[];
  message: string;
}

/** A getter that throws, which would throw again wherever the field is read. */
function firstUnreadable(value: object): Fault | undefined {
  for (const field of Object.keys(shape.shape)) {
    try {
      Reflect.get(value, field);
    } catch (error) {
      return { field: [field], message: `reading it throws ${namedThrown(error)}` };
    }
  }
  return undefined;
}

/** That in which something throws when it is looked at; the first one where all of them can be read by themselves. */
function unreadableField(value: object): string {
  const fields = Object.entries(shape.shape);
  const unreadable = fields.find(([field, part]) => {
    try {
      part.safeParse(Reflect.get(value, field));
      return false;
    } catch {
      return true;
    }
  });
  return (unreadable ?? fields[0]!)[0];
}

function firstFault(value: object): Fault | undefined {
  let issue;
  try {
    [issue] = shape.safeParse(value).error?.issues ?? [];
  } catch (error) {
    return { field: [unreadableField(value)], message: `reading it throws ${namedThrown(error)}` };
  }
  if (!issue) return undefined;
  const field = issue.path.map(String);
  const isMissing = field.length === 1 && !Object.hasOwn(value, String(field[0]));
  return { field, message: isMissing ? 'it is missing' : issue.message };
}

function noStrategy(exported: readonly string[], file: string): UsageError {
  const names = exported.length === 0 ? 'it exports nothing' : `it exports ${exported.join(', ')}`;
  return new UsageError(
    'NO_STRATEGY',
    `${placeOf(file, 1)}: no strategy is exported: ${names}`,
    "add `export const mine = { name: 'mine', summary: '…', connection: 'shared', open, seller }`",
  );
}
