import { readFileSync } from 'node:fs';
import { Markup, markup } from './markup.ts';

const STYLES = ['page', 'tables', 'matrix', 'cost', 'steps', 'print'] as const;

/** A file of the page's own. */
export const read = (name: string): string =>
  readFileSync(new URL(import.meta.resolve(`#page/${name}`)), 'utf8').replaceAll(/\n\s*/g, '\n');

interface Frame {
  title: string;
  /** What the page may load and run: as little as there is. */
  policy: string;
  body: Markup;
}

/** One file that asks nothing of anybody: what stands around all that a page says. */
export const framed = ({ title, policy, body }: Frame): string =>
  markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(STYLES.map((name) => read(`${name}.css`)).join(''))}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
