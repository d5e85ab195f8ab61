import { readFileSync } from 'node:fs';
import type { Feed } from '../live/feed.ts';
import type { Metrics } from '../live/metrics.ts';
import { respond } from './answers.ts';
import type { App } from './routes.ts';

export interface WatchOptions {
  feed: Feed;
  metrics: Metrics;
  /** What keeps it from serving, if anything does. */
  trouble: () => Promise<string | undefined>;
}

/** Nothing comes from anywhere else, and nothing runs that is not a file of ours. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'";

const FILES = [
  ['/', '#live/page.html', 'text/html; charset=utf-8'],
  ['/page.css', '#live/page.css', 'text/css; charset=utf-8'],
  ['/page.js', '#live/page.js', 'text/javascript; charset=utf-8'],
] as const;

/** What people and monitors look at. */
export function addWatchRoutes(app: App, { feed, metrics, trouble }: WatchOptions): void {
  for (const [path, file, type] of FILES) {
    const text = readFileSync(new URL(import.meta.resolve(file)), 'utf8');
    app.get(path, () => {
      const headers = {
        'content-type': type,
        'content-security-policy': POLICY,
        'cache-control': 'no-cache',
      };
      return new Response(text, { headers });
    });
  }
  app.get('/live', () => feed.watch() ?? respond({ code: 'overloaded' }));
  app.get('/metrics', async () => {
    const text = await metrics.text();
    return new Response(text, { headers: { 'content-type': metrics.contentType } });
  });
  app.get('/healthz', () => new Response('alive\n'));
  app.get('/readyz', async () => {
    const why = await trouble();
    return new Response(why === undefined ? 'ready\n' : `${why}\n`, {
      status: why === undefined ? 200 : 503,
    });
  });
}
