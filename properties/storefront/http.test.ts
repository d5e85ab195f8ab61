import { describe, expect, test } from 'vitest';
import {
  ANSWERS,
  answerSchema,
  ledgerSchema,
  orderStateSchema,
  RETRY_AFTER_S,
  type AnswerCode,
} from '../../harness/documents/storefront.ts';
import { failureCode } from '../../harness/storefront/outcomes.ts';
import { aStorefront, type Reply } from '../helpers/storefront.ts';

const shop = aStorefront();
const article = aStorefront({ article: true });

/** An answer has the status that the table says for its code, and is of its schema. */
function heard(reply: Reply): AnswerCode {
  const { code } = answerSchema.parse(reply.body);
  expect(reply.status).toBe(ANSWERS[code].status);
  return code;
}

describe('products', () => {
  test('a product is created once, and never reset', async () => {
    const { buyers } = shop;
    expect(heard(await buyers.open('lamp', 2, 1))).toBe('created');
    expect(heard(await buyers.buy('lamp', 't1'))).toBe('success');
    expect(heard(await buyers.open('lamp', 2, 1))).toBe('same-product');
    expect(heard(await buyers.open('lamp', 3, 1))).toBe('other-product');
    expect(heard(await buyers.open('lamp', 2))).toBe('other-product');
    const shown = await buyers.send('GET', '/products/lamp');
    expect(shown.body).toMatchObject({
      product: { name: 'lamp', stock: 2, left: 1, perUserLimit: 1, state: 'open' },
    });
  });

  test('of many who create a product at once, one creates it, and all find the same', async () => {
    const { buyers } = shop;
    const codes = (await Promise.all(Array.from({ length: 20 }, () => buyers.open('rush', 5)))).map(heard);
    expect(codes.filter((code) => code === 'created')).toHaveLength(1);
    expect(codes.filter((code) => code === 'same-product')).toHaveLength(19);
  });
});

describe('purchases', () => {
  test('a token buys once: sold, it hears the same again; refused, it is asked anew', async () => {
    const { buyers } = shop;
    await buyers.open('chair', 1);
    const first = await buyers.buy('chair', 'a');
    expect(heard(first)).toBe('success');
    expect(first.body['again']).toBeUndefined();
    const second = await buyers.buy('chair', 'a');
    expect(heard(second)).toBe('success');
    expect(second.body).toMatchObject({ again: true, order: first.body['order'] });
    expect(heard(await buyers.buy('chair', 'b'))).toBe('sold-out');
    expect(heard(await buyers.send('DELETE', '/purchase/a?product=chair&user=a'))).toBe('released');
    expect(heard(await buyers.buy('chair', 'b'))).toBe('success');
  });

  test('a token of another user, or for another quantity, is refused, sold or released', async () => {
    const { buyers } = shop;
    await buyers.open('desk', 9);
    expect(heard(await buyers.buy('desk', 'a', { user: 'ann', quantity: 2 }))).toBe('success');
    expect(heard(await buyers.buy('desk', 'a', { user: 'bob', quantity: 2 }))).toBe('other-request');
    expect(heard(await buyers.buy('desk', 'a', { user: 'ann', quantity: 1 }))).toBe('other-request');
    expect(heard(await buyers.send('DELETE', '/purchase/a?product=desk&user=bob'))).toBe('unknown-order');
    expect(heard(await buyers.send('DELETE', '/purchase/a?product=desk&user=ann'))).toBe('released');
    expect(heard(await buyers.buy('desk', 'a', { user: 'bob', quantity: 2 }))).toBe('other-request');
  });

  test('a released token stays released, and gives its units back once', async () => {
    const { buyers } = shop;
    await buyers.open('sofa', 3, 2);
    await buyers.buy('sofa', 'a', { user: 'ann', quantity: 2 });
    expect(await buyers.stored('sofa', 'a')).toBe('stored');
    for (let i = 0; i < 2; i++) {
      expect(heard(await buyers.send('DELETE', '/purchase/a?product=sofa&user=ann'))).toBe('released');
    }
    expect(heard(await buyers.buy('sofa', 'a', { user: 'ann', quantity: 2 }))).toBe('token-released');
    expect(await buyers.stored('sofa', 'a')).toBe('released');
    const { body } = await buyers.send('GET', '/products/sofa');
    expect(body).toMatchObject({ product: { left: 3 } });
    expect(await buyers.ledger('sofa')).toEqual([]);
    expect(heard(await buyers.buy('sofa', 'b', { user: 'ann', quantity: 2 }))).toBe('success');
    expect(heard(await buyers.buy('sofa', 'c', { user: 'ann' }))).toBe('limit-reached');
  });

  test('what does not exist is told apart from what is sold out', async () => {
    const { buyers } = shop;
    await buyers.open('gone', 0);
    expect(heard(await buyers.buy('gone', 'a'))).toBe('sold-out');
    expect(heard(await buyers.buy('nothing', 'a'))).toBe('unknown-product');
    expect(heard(await buyers.send('GET', '/orders/a?product=nothing'))).toBe('unknown-product');
    expect(heard(await buyers.send('GET', '/orders/a?product=gone'))).toBe('unknown-order');
    expect(heard(await buyers.send('DELETE', '/purchase/a?product=nothing&user=a'))).toBe('unknown-product');
    expect(heard(await buyers.send('DELETE', '/purchase/a?product=gone&user=a'))).toBe('cancelled');
  });

  test('an order is told of as soon as it is sold, and when it is stored', async () => {
    const { buyers } = shop;
    await buyers.open('book', 2);
    await buyers.buy('book', 'a', { quantity: 2 });
    const early = await buyers.send('GET', '/orders/a?product=book');
    expect(orderStateSchema.parse(early.body)).toMatchObject({ token: 'a', quantity: 2 });
    expect(await buyers.stored('book', 'a')).toBe('stored');
    const ledger = await buyers.send('GET', '/products/book/orders');
    expect(ledgerSchema.parse(ledger.body).orders).toEqual([{ token: 'a', user: 'a', quantity: 2 }]);
  });
});

describe('the article’s request', () => {
  const form = '/purchase?product_name=phone&token=abc';

  test('buys one unit by POST; a GET buys nothing, and is told why', async () => {
    const { buyers } = shop;
    await buyers.open('phone', 1);
    const refused = await buyers.send('GET', form);
    expect(heard(refused)).toBe('method-not-allowed');
    expect(refused.headers.get('allow')).toBe('POST');
    expect(refused.body['message']).toContain('prefetchers');
    expect(heard(await buyers.send('POST', form))).toBe('success');
    expect(await buyers.ledger('phone')).toEqual([{ token: 'abc', user: 'abc', quantity: 1 }]);
  });

  test('is answered as it stands under --article: GET, and words', async () => {
    const { buyers } = article;
    await buyers.open('phone', 1);
    const sold = await buyers.send('GET', form);
    expect([sold.status, sold.text]).toEqual([200, 'Success']);
    const soldOut = await buyers.send('GET', '/purchase?product_name=phone&token=abd');
    expect([soldOut.status, soldOut.text]).toEqual([404, 'Sold Out']);
  });
});

describe('every code', () => {
  const failures: [string, Error, AnswerCode][] = [
    [
      'no connection',
      new Error("Stream isn't writeable and enableOfflineQueue options is false"),
      'unavailable',
    ],
    ['a server that loads', new Error('LOADING Redis is loading the dataset in memory'), 'unavailable'],
    ['a replica', new Error("READONLY You can't write against a read only replica."), 'unavailable'],
    ['a lost answer', new Error('Reached the max retries per request limit (which is 0).'), 'unknown'],
    ['an answer that does not come', new Error('Command timed out'), 'unknown'],
    ['a script that fails midway', new Error('WRONGTYPE Operation against a key'), 'unknown'],
  ];
  test.each(failures)('%s is told as no effect only where that is sure', (_, error, code) => {
    expect(failureCode(error)).toBe(code);
  });

  test('after which one can ask again says when, and no other does', () => {
    const again = Object.entries(ANSWERS).filter(([, { status }]) => [429, 503, 504].includes(status));
    const told = Object.keys(RETRY_AFTER_S);
    expect(again.map(([code]) => code).filter((code) => code !== 'stock-lost')).toEqual(told);
  });
});
