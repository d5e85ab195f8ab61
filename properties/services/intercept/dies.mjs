// A shop that listens to no error of its connection: when that breaks, the process ends.
import { createServer } from 'node:http';
import { connect } from 'node:net';

const redis = connect(Number(process.env.REDIS_PORT), '127.0.0.1');
let answered;
redis.on('data', (data) => answered?.(Number(data.toString().slice(1))));

createServer((_, response) => {
  answered = (left) => response.writeHead(left >= 0 ? 200 : 409).end();
  redis.write('*2\r\n$4\r\nDECR\r\n$5\r\nstock\r\n');
}).listen(process.env.PORT, '127.0.0.1');
