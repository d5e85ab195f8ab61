// A shop that needs no package: it decrements, looks afterwards, and puts back what was too much.
import { createServer } from 'node:http';
import { connect } from 'node:net';

const redis = connect(Number(process.env.REDIS_PORT), '127.0.0.1');
const waiting = [];
redis.on('error', () => {});
redis.on('data', (data) => {
  for (const line of data.toString().trim().split('\r\n')) waiting.shift()?.(Number(line.slice(1)));
});
const ask = (command) =>
  new Promise((resolve) => {
    waiting.push(resolve);
    redis.write(`*2\r\n$4\r\n${command}\r\n$5\r\nstock\r\n`);
  });

async function answer(response) {
  const isSold = (await ask('DECR')) >= 0;
  if (!isSold) await ask('INCR');
  response.writeHead(isSold ? 200 : 409).end();
}

createServer((_, response) => void answer(response)).listen(process.env.PORT, '127.0.0.1');
