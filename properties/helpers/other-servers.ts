/** Code that connects to what is not Redis, at import, as a module of it; and where it leads. */
export const OTHERS: Record<string, { opening: string; address: string }> = {
  'PostgreSQL, as its driver does': {
    opening: `import net from 'node:net';
const socket = new net.Socket();
socket.connect(5432, '127.0.0.1');
socket.once('connect', () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])));`,
    address: '127.0.0.1:5432',
  },
  'an HTTP server, by http': {
    opening: `import http from 'node:http';
http.get('http://127.0.0.1:8080/').on('error', () => {});`,
    address: '127.0.0.1:8080',
  },
  'an HTTP server, by fetch': {
    opening: `void fetch('http://127.0.0.1:8080/').catch(() => {});`,
    address: '127.0.0.1:8080',
  },
  'an HTTPS server': {
    opening: `import https from 'node:https';
https.get('https://payments.example:443/').on('error', () => {});`,
    address: 'payments.example:443',
  },
  'a server over a Unix socket': {
    opening: `import { connect } from 'node:net';
connect('/run/app.sock').write('HELO\\r\\n');`,
    address: '/run/app.sock',
  },
};
