import { Option } from 'commander';
import type { ServeReport } from '../documents/storefront.ts';
import { UsageError } from '../ground/errors.ts';
import { chooseOne } from '../ground/similar.ts';
import type { StorefrontOptions } from '../storefront/storefront.ts';
import type { Answer, CommandFile, Invocation } from '../terminal/answer.ts';
import { refuseGiven, whole } from '../terminal/options.ts';

/** A day: timers of Node take no more than 24 of them. */
const LONGEST_MS = 86_400_000;

export const serveCommand: CommandFile = {
  examples: [
    'serve',
    'serve --port 9000 --database postgres://shop@db.example/orders',
    'serve --redis redis://127.0.0.1:6379 --role web',
  ],
  options: [
    new Option('--strategy <name>', 'the built-in that sells').default('lua-reserve-once'),
    whole('--port <n>', 'where it listens; 0: any that is free', 0, 65_535).default(8080),
    new Option('--host <address>', 'the address at which it listens').default('127.0.0.1'),
    new Option(
      '--admin-token-file <file>',
      'a token, without which nobody creates products or reads all orders',
    ),
    new Option('--data <folder>', 'keeps the private Redis and the order book').default('oversell-shop'),
    new Option(
      '--database <file or url>',
      'the order book: a file, or postgres://… (default: orders.db in --data)',
    ),
    new Option('--prefix <text>', 'begins every key on a server given by --redis (default: "shop:")'),
    new Option('--role <role>', 'web: answers buyers; consumer: stores orders')
      .choices(['web', 'consumer', 'all'])
      .default('all'),
    whole('--consumers <n>', 'how many store orders', 1).default(1),
    whole(
      '--claim-idle-ms <ms>',
      'how long a consumer may be silent before others store its orders',
      1,
    ).default(5_000),
    new Option('--no-orders', 'sell without orders, also by a strategy that records none'),
    new Option('--article', 'answer GET /purchase?product_name=…&token=… in words, as the article does'),
    whole('--stale-ms <ms>', 'how old product data from the cache may be', 0).default(1_000),
    whole(
      '--command-timeout-ms <ms>',
      'how long Redis may take for a command of a purchase before its outcome is unknown; 0: as long as it takes',
      0,
      LONGEST_MS,
    ).default(3_000),
  ],
  needsServer: true,
  run,
};

type Flags = Omit<StorefrontOptions, 'strategy' | 'article' | 'prefix' | 'onProgress'> & {
  strategy: string;
  article?: true;
  prefix?: string;
};

async function run(_: [], flags: Flags, { given, progress, signal }: Invocation): Promise<Answer> {
  requireMeant(flags, given);
  const { registry } = await import('../../strategies/registry.ts');
  const { openStorefront } = await import('../storefront/storefront.ts');
  const registered = registry.find(({ strategy }) => strategy.name === flags.strategy);
  if (registered === undefined) {
    const names = registry.map(({ strategy }) => strategy.name);
    throw new UsageError(
      'UNKNOWN_STRATEGY',
      `--strategy: no built-in is called "${flags.strategy}"`,
      chooseOne(flags.strategy, names, 'oversell list names all'),
    );
  }
  const { prefix = 'shop:', article = false, ...rest } = flags;
  const storefront = await openStorefront({
    ...rest,
    strategy: registered.strategy,
    prefix,
    article,
    onProgress: progress.line,
    signal,
  });
  const { url, description } = storefront;
  progress.line(description);
  progress.line(url === undefined ? 'storing orders' : `open at ${url}`);
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
  await storefront.close();
  const document: ServeReport = { description, ...(url !== undefined && { url }) };
  return { document, text: 'closed' };
}

/** @throws UsageError if a flag would do nothing beside the others */
function requireMeant({ redis, database, role, orders }: Flags, given: ReadonlySet<string>): void {
  if (redis === undefined) {
    refuseGiven(given, ['--prefix'], 'a private server has no keys but the shop’s');
    refuseGiven(given, ['--patience'], 'a private server is started again as often as it ends');
  } else {
    refuseGiven(given, ['--redis-server', '--redis-version'], '--redis names a server that runs');
    if (database !== undefined)
      refuseGiven(given, ['--data'], '--redis and --database name what would be kept there');
  }
  if (role === 'consumer') {
    const why = '--role consumer answers no buyers';
    const ofWeb = [
      '--port',
      '--host',
      '--admin-token-file',
      '--article',
      '--stale-ms',
      '--command-timeout-ms',
    ];
    refuseGiven(given, ofWeb, why);
  }
  if (role === 'web') refuseGiven(given, ['--consumers', '--claim-idle-ms'], '--role web stores no orders');
  if (!orders) refuseGiven(given, ['--consumers', '--claim-idle-ms'], '--no-orders leaves nothing to store');
}
