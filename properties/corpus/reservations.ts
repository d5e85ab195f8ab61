import { changed } from './parts.ts';
import { RELEASE, RESERVE, reserving } from './reserve.ts';

/** A script that sells, with one change each that makes it wrong: what it looks at, in which order, and what it notes. */

export const looksForOneUnit = reserving(
  {
    name: 'looks-for-one-unit',
    mistake: 'asks whether anything is left, not whether there is enough',
    source: 'https://github.com/Fanta024/hmdp, src/main/resources/seckill.lua',
    caught: { property: 'oversell', environment: 'several-units', scope: { buyers: 1, stock: 1 } },
  },
  changed(RESERVE, 'tonumber(stock) < quantity', 'tonumber(stock) <= 0'),
);

export const missingIsSoldOut = reserving(
  {
    name: 'missing-is-sold-out',
    mistake: 'a stock key that is gone counts as no stock, and buyers are told so',
    source:
      'https://www.besthub.dev/articles/ensuring-accurate-inventory-deduction-in-high-concurrency-sales-with-redis-e6914bdf4761',
    caught: {
      property: 'false-refusal',
      environment: 'eviction',
      scope: { buyers: 1, stock: 1, faults: { evict: 1 } },
    },
  },
  changed(
    RESERVE,
    "if not stock then return redis.error_reply('MISSING no such product') end",
    'stock = stock or 0',
  ),
);

export const asksTheStockFirst = reserving(
  {
    name: 'asks-the-stock-first',
    mistake: 'looks at the stock before it looks whether this request has its unit already',
    source: 'https://github.com/Wyt-github666/Hmdp, seckill.lua',
    caught: {
      property: 'false-refusal',
      environment: 'lost-reply',
      scope: { buyers: 1, stock: 1, faults: { 'lost-reply': 1 } },
    },
  },
  changed(
    changed(RESERVE, "if tonumber(stock) < quantity then return 'sold-out' end\n", ''),
    'if redis.call(',
    "if tonumber(stock) < quantity then return 'sold-out' end\nif redis.call(",
  ),
);

export const takesBeforeItLooks = reserving(
  {
    name: 'takes-before-it-looks',
    mistake: 'takes the units first, and then finds that the request has them already',
    source: 'https://github.com/zaiyunduan123/springboot-seckill/issues/35',
    caught: {
      property: 'stranded',
      environment: 'lost-reply',
      scope: { buyers: 1, stock: 2, faults: { 'lost-reply': 1 } },
    },
  },
  changed(
    changed(RESERVE, "redis.call('DECRBY', KEYS[1], quantity)\n", ''),
    'if redis.call(',
    "if tonumber(stock) >= quantity then redis.call('DECRBY', KEYS[1], quantity) end\nif redis.call(",
  ),
);

export const callsTheRepeatARefusal = reserving(
  {
    name: 'calls-the-repeat-a-refusal',
    mistake:
      'tells a buyer who asks again that they have reached their limit, instead of what was sold to them',
    source: 'https://github.com/Fanta024/hmdp, src/main/resources/seckill.lua',
    caught: {
      property: 'false-refusal',
      environment: 'lost-reply',
      scope: { buyers: 1, stock: 1, faults: { 'lost-reply': 1 } },
    },
  },
  changed(RESERVE, "== 1 then return 'sold' end", "== 1 then return 'limit-reached' end"),
);

export const remembersTheUser = reserving(
  {
    name: 'remembers-the-user',
    mistake:
      'knows a repeat by the user, so that a second purchase of theirs counts as sold and gets nothing',
    caught: {
      property: 'lost-sale',
      environment: 'several-units',
      scope: { buyers: 2, stock: 1, users: 1, perUserLimit: 3 },
    },
  },
  changed(RESERVE, "'HEXISTS', KEYS[3], ARGV[1]", "'HEXISTS', KEYS[2], ARGV[2]"),
);

export const countsOrders = reserving(
  {
    name: 'counts-orders',
    mistake: 'takes the number of orders for the number of units sold',
    caught: { property: 'oversell', environment: 'several-units', scope: { buyers: 1, stock: 2 } },
  },
  changed(
    changed(
      RESERVE,
      'tonumber(stock) < quantity',
      "tonumber(stock) - redis.call('HLEN', KEYS[3]) < quantity",
    ),
    "redis.call('DECRBY', KEYS[1], quantity)\n",
    '',
  ),
);

export const grantsWhatIsLeft = reserving(
  {
    name: 'grants-what-is-left',
    mistake: 'where there is too little it gives what there is, and still says sold',
    caught: { property: 'lost-sale', environment: 'several-units', scope: { buyers: 1, stock: 1 } },
  },
  changed(
    changed(RESERVE, 'tonumber(stock) < quantity then', 'tonumber(stock) == 0 then'),
    "redis.call('DECRBY'",
    "quantity = math.min(quantity, tonumber(stock)) ARGV[3] = tostring(quantity)\nredis.call('DECRBY'",
  ),
);

export const mintsOnRelease = reserving(
  {
    name: 'mints-on-release',
    mistake: 'a release adds the units without a look whether they are still held, and is sent twice',
    source: 'https://github.com/open-mercato/open-mercato/issues/5418',
    caught: {
      property: 'oversell',
      environment: 'cancel',
      scope: { buyers: 1, stock: 1, releases: 1, faults: { cancel: 1 } },
    },
  },
  RESERVE,
  changed(
    RELEASE,
    "if redis.call('HDEL', KEYS[3], ARGV[1]) == 0 then return 0 end",
    "redis.call('HDEL', KEYS[3], ARGV[1])",
  ),
);

export const releasesOneUnit = reserving(
  {
    name: 'releases-one-unit',
    mistake: 'a release gives one unit back, whatever was bought',
    caught: {
      property: 'stranded',
      environment: 'release-restock',
      scope: { buyers: 3, stock: 2, users: 1, perUserLimit: 2, releases: 1 },
    },
  },
  RESERVE,
  changed(RELEASE, "'INCRBY', KEYS[1], ARGV[3]", "'INCRBY', KEYS[1], 1"),
);

export const comparesTexts = reserving(
  {
    name: 'compares-texts',
    mistake: 'compares what GET answers with what was sent, both of them texts: 10 comes before 2',
    caught: {
      property: 'false-refusal',
      environment: 'several-units',
      scope: { buyers: 1, stock: 10 },
      beyond: 'no fixed scope has ten units',
    },
  },
  changed(RESERVE, 'tonumber(stock) < quantity', 'stock < ARGV[3]'),
);
