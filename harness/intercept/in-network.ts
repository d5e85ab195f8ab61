import { createServer, connect, type Server, type Socket } from 'node:net';

/**
 * Runs inside a network of a service's own, and hands out sockets that belong to it: whoever holds such a socket talks inside, and
 * nothing is relayed. It ends with the process that has started it.
 */

/** What it is asked for: a listener for what the service takes for Redis, or a connection to the service. */
export type Asked = { listen: number } | { id: number; connect: number };
/** What it answers, with the socket beside it. */
export type Given = { listening: true } | { ready: true } | { id: number; failed?: string };

const send = (given: Given, socket?: Server | Socket): Promise<void> =>
  new Promise((sent, failed) => {
    process.send!(given, socket, {}, (error) => (error ? failed(error) : sent()));
  });

/** Both families, where there are two: a client may try either for `localhost`. */
const HOSTS = ['::', '0.0.0.0'];

function listening(port: number, [host, ...others]: readonly string[] = HOSTS): Promise<Server> {
  return new Promise((listens, failed) => {
    const server = createServer({ pauseOnConnect: true }).listen(port, host);
    server.once('listening', () => listens(server));
    server.once('error', (error) => (others.length > 0 ? listens(listening(port, others)) : failed(error)));
  });
}

function connected(
  port: number,
  [host, ...others]: readonly string[] = ['127.0.0.1', '::1'],
): Promise<Socket> {
  return new Promise((connects, failed) => {
    const socket = connect({ port, host: host! });
    socket.pause(); // whoever gets it reads
    socket.once('connect', () => connects(socket));
    socket.once('error', (error) => (others.length > 0 ? connects(connected(port, others)) : failed(error)));
  });
}

async function answer(asked: Asked): Promise<void> {
  if ('listen' in asked) {
    const server = await listening(asked.listen);
    await send({ listening: true }, server);
    server.close();
    return send({ ready: true });
  }
  const { id } = asked;
  const socket = await connected(asked.connect).catch((error: NodeJS.ErrnoException) => error);
  return socket instanceof Error ? send({ id, failed: socket.code ?? socket.message }) : send({ id }, socket);
}

process.on('message', (asked: Asked) => void answer(asked));
process.on('disconnect', () => process.exit());
