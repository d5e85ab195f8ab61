/**
 * The shop's page. It draws what comes over /live each second (`harness/documents/live.ts`), and sends nothing.
 * What buyers have written is shown as text, and never as markup.
 */
const find = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat('en');
const count = (value) => numbers.format(value);

/** An element with this class, text and children. */
function element(tag, { className, text, children = [] } = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

/** What a code is called on this page, in this order. */
const HEARD = [
  ['success', 'Success'],
  ['again', 'the same again'],
  ['sold-out', 'Sold Out'],
  ['limit-reached', 'limit reached'],
  ['already-yours', 'already theirs'],
  ['token-released', 'released before'],
];
const OTHERS = 'other refusals';
const UNKNOWN = ['unknown', 'nobody knows'];

function figure(value, words, warns = false) {
  const number = element('div', { className: warns ? 'n warn' : 'n', text: value });
  return element('div', { children: [number, element('div', { text: words })] });
}

function productOf({ name, stock, left, perUserLimit, state, queued, orders, releases, setAside }) {
  const meter = element('div', { className: 'meter', children: [element('i')] });
  meter.setAttribute('role', 'meter');
  meter.setAttribute('aria-label', `units of ${name} left`);
  meter.setAttribute('aria-valuemin', '0');
  meter.setAttribute('aria-valuemax', String(stock));
  meter.setAttribute('aria-valuenow', String(left ?? 0));
  meter.firstChild.style.width = `${stock === 0 ? 0 : Math.min(100, (100 * (left ?? 0)) / stock)}%`;
  const words = [left === null ? 'units left: unknown' : `${count(left)} of ${count(stock)} left`];
  if (perUserLimit !== undefined) words.push(`at most ${count(perUserLimit)} a user`);
  if (state === 'closed') words.push('closed: the stock was lost');
  if (state === 'opening') words.push('about to be opened');
  if (left === 0) words.push('Sold Out');
  if (setAside > 0) words.push(`${count(setAside)} entries set aside`);
  const warns = state === 'closed' || setAside > 0;
  const told = element('small', { className: warns ? 'warn' : '', text: words.join(' · ') });
  const children = [
    element('div', { children: [element('h2', { text: name }), meter, told] }),
    figure(queued === null ? '–' : count(queued), 'on their way to the order book', queued > 0),
    figure(count(orders), 'orders stored'),
    figure(count(releases), 'of them released'),
  ];
  return element('section', { className: 'product', children });
}

/** A line over the width of the chart. */
const line = (values, most) =>
  values
    .map((value, i) => `${i === 0 ? 'M' : 'L'}${(300 * i) / (values.length - 1)} ${98 - (92 * value) / most}`)
    .join(' ');

function drawChart({ sales, refusals }) {
  const most = Math.max(1, ...sales, ...refusals);
  find('sales').setAttribute('d', line(sales, most));
  find('refusals').setAttribute('d', line(refusals, most));
  find('most').textContent = `at most ${count(most)} a second`;
  const sum = (values) => count(values.reduce((total, value) => total + value, 0));
  find('chart').setAttribute(
    'aria-label',
    `${sum(sales)} sales and ${sum(refusals)} refusals in the last minute`,
  );
}

function drawHeard(heard) {
  const known = new Set([...HEARD, UNKNOWN].map(([code]) => code));
  const others = Object.entries(heard).filter(([code]) => !known.has(code));
  const rows = [...HEARD, UNKNOWN].map(([code, words]) => [words, heard[code] ?? 0]);
  rows.splice(-1, 0, [OTHERS, others.reduce((total, [, n]) => total + n, 0)]);
  const most = Math.max(1, ...rows.map(([, n]) => n));
  const shown = rows.filter(([words, n]) => n > 0 || words === 'Success' || words === 'Sold Out');
  find('heard').replaceChildren(
    ...shown.flatMap(([words, n]) => {
      const bar = element('i');
      bar.style.width = `${(100 * n) / most}%`;
      const value = element('dd', {
        children: [element('span', { children: [bar] }), element('b', { text: count(n) })],
      });
      return [element('dt', { text: words }), value];
    }),
  );
}

const STATES = { queued: 'on its way', stored: 'stored', released: 'released' };
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });
const timeOf = (ms) => (ms === null ? '–' : clock.format(ms));

function orderOf({ product, token, user, quantity, state, storedMs }) {
  const cells = [
    element('td', { text: timeOf(storedMs) }),
    element('td', { text: product }),
    element('td', { children: [element('code', { text: token })] }),
    element('td', { className: 'wide', text: user }),
    element('td', { className: 'wide', text: count(quantity) }),
    element('td', { className: state === 'queued' ? 'warn' : '', text: STATES[state] }),
  ];
  return element('tr', { children: cells });
}

function draw(live) {
  const { products, lastMinute, responseP99Ms, heard, latest, catalogue } = live;
  find('about').textContent =
    `${live.strategy} · ${live.store} · ${live.book} · ${count(live.consumers)} ${live.consumers === 1 ? 'consumer' : 'consumers'} here · since ${timeOf(live.openSinceMs)}`;
  find('empty').hidden = products.length > 0;
  find('products').replaceChildren(...products.map(productOf));
  find('rate').textContent = count(lastMinute.sales.at(-1));
  find('p99').textContent = responseP99Ms === null ? '–' : `${responseP99Ms.toFixed(1)} ms`;
  const asked = catalogue.hits + catalogue.misses;
  find('hits').textContent = asked === 0 ? '–' : `${((100 * catalogue.hits) / asked).toFixed(0)} %`;
  find('cache').textContent = `product data from the cache, at most ${count(catalogue.maxAgeMs)} ms old`;
  drawChart(lastMinute);
  drawHeard(heard);
  find('latest').replaceChildren(...latest.map(orderOf));
}

const state = find('state');
function tell(words, lost) {
  if (state.textContent === words) return; // it is read aloud when it changes
  state.textContent = words;
  state.classList.toggle('lost', lost);
}

let paused = false;
find('pause').addEventListener('click', ({ currentTarget }) => {
  paused = !paused;
  currentTarget.setAttribute('aria-pressed', String(paused));
  if (paused) tell('● paused', true);
});

find('example').textContent =
  `curl -X POST ${location.origin}/products -H 'content-type: application/json' -d '{"name":"phone","stock":500,"perUserLimit":1}'`;

const events = new EventSource('live');
events.addEventListener('message', ({ data }) => {
  if (paused) return;
  const live = JSON.parse(data);
  draw(live);
  const open = live.products.some(({ left, state: is }) => is === 'open' && left !== 0);
  tell(live.products.length === 0 ? '● waiting for a product' : open ? '● selling' : '● sold out', false);
});
events.addEventListener('error', () => tell('● connection lost, trying again', true));
