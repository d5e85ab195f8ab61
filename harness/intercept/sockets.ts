import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A socket, as Linux lists it. Source: proc(5), /proc/net/tcp. */
interface Listed {
  local: Address;
  remote: Address;
  state: number;
  /** Bytes that came in and were not read yet; of a listener, connections that nobody accepted yet. */
  unread: number;
  inode: string;
}

interface Address {
  host: string;
  port: number;
}

/** As the kernel numbers the states of sockets. */
const ESTABLISHED = 1;
const LISTENING = 10;

/** Whether something waits to be read by a process that serves these ports. */
export const isUnread = (pid: number, ports: readonly number[]): boolean =>
  listed(pid, ['tcp', 'tcp6']).some(
    ({ local, remote, unread }) => unread > 0 && (ports.includes(local.port) || ports.includes(remote.port)),
  );

/**
 * Who listens at a port, if it is none of the processes of a service: one that has gone into the background where nobody
 * finds it, so that whether it runs, and to whom it talks, cannot be told.
 * @returns its number; undefined where it is one of them, or nobody knows
 */
export function strangerAt(port: number, pids: readonly number[]): number | undefined {
  const [pid] = pids;
  if (pid === undefined) return undefined;
  const listeners = listed(pid, ['tcp', 'tcp6']).filter(
    ({ local, state }) => state === LISTENING && local.port === port,
  );
  const inodes = new Set(listeners.map(({ inode }) => inode));
  const holds = (one: number): boolean => inodesOf(one).some((inode) => inodes.has(inode));
  if (inodes.size === 0 || pids.some(holds)) return undefined;
  return readdirSync('/proc').map(Number).find(holds);
}

/**
 * To whom else the processes of a service talk: peers of connected sockets, TCP and UDP, but for those of its own ports. Linux goes
 * through a table for all sockets of the machine to list those of one process, which takes as long as a purchase: what a socket is
 * whose peer never changes is found out once.
 */
export class ForeignPeers {
  readonly #ports: readonly number[];
  /** Peers of sockets by their inodes; undefined: it has none that is foreign. */
  readonly #known = new Map<string, string | undefined>();

  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** @returns addresses as host:port, each once */
  of(pids: readonly number[]): string[] {
    const [pid] = pids;
    if (pid === undefined) return [];
    const own = new Set(pids.flatMap(inodesOf));
    for (const inode of this.#known.keys()) if (!own.has(inode)) this.#known.delete(inode);
    const unknown = [...own].filter((inode) => !this.#known.has(inode));
    const changing = unknown.length > 0 ? this.#lookUp(pid, own) : [];
    const peers = [...this.#known.values(), ...changing].filter((peer) => peer !== undefined);
    return [...new Set(peers)];
  }

  /** @returns peers of sockets that may have another one later */
  #lookUp(pid: number, own: ReadonlySet<string>): string[] {
    const ours = (table: string): Listed[] => listed(pid, [table]).filter(({ inode }) => own.has(inode));
    for (const inode of unixSockets(pid)) if (own.has(inode)) this.#known.set(inode, undefined);
    const [tcp, udp] = [ours('tcp'), ['udp', 'udp6'].flatMap(ours)];
    const found = new Set([...this.#known.keys(), ...[...tcp, ...udp].map(({ inode }) => inode)]);
    if ([...own].some((inode) => !found.has(inode))) tcp.push(...ours('tcp6'));
    // Their processes may talk to each other.
    const ends = new Set([...tcp, ...udp].map(({ local }) => `${local.host}:${local.port}`));
    const peerOf = ({ local, remote, state }: Listed): string | undefined => {
      const peer = `${remote.host}:${remote.port}`;
      if (state !== ESTABLISHED || ends.has(peer)) return undefined;
      return this.#ports.includes(local.port) || this.#ports.includes(remote.port) ? undefined : peer;
    };
    for (const socket of tcp)
      if (socket.state === ESTABLISHED || socket.state === LISTENING)
        this.#known.set(socket.inode, peerOf(socket));
    return udp.flatMap((socket) => peerOf(socket) ?? []);
  }
}

function inodesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => inodeOf(`/proc/${pid}/fd/${fd}`) ?? []);
  } catch {
    return []; // it has ended
  }
}

function inodeOf(link: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
  } catch {
    return undefined;
  }
}

/** @param pid whose network it is */
function listed(pid: number, tables: readonly string[]): Listed[] {
  return tables.flatMap((table) => {
    const [, ...lines] = tableOf(pid, table).trimEnd().split('\n');
    return lines.map(listedIn);
  });
}

/** Inodes of sockets that lead nowhere but into this machine. Source: proc(5), /proc/net/unix. */
const unixSockets = (pid: number): string[] =>
  tableOf(pid, 'unix')
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/, 7)[6] ?? '');

function tableOf(pid: number, table: string): string {
  try {
    return readFileSync(`/proc/${pid}/net/${table}`, 'latin1');
  } catch {
    return '';
  }
}

function listedIn(line: string): Listed {
  const [, local = '', remote = '', state = '', queues = '', , , , , inode = ''] = line.trim().split(/\s+/);
  return {
    local: addressIn(local),
    remote: addressIn(remote),
    state: Number.parseInt(state, 16),
    unread: Number.parseInt(queues.split(':')[1] ?? '0', 16),
    inode,
  };
}

/** "0100007F:1F90": words of four bytes, each in the order of the machine. */
function addressIn(text: string): Address {
  const [host = '', port = '0'] = text.split(':');
  const bytes = (host.match(/.{8}/g) ?? []).flatMap((word) => word.match(/../g)!.toReversed());
  return { host: hostIn(bytes.map((byte) => Number.parseInt(byte, 16))), port: Number.parseInt(port, 16) };
}

function hostIn(bytes: readonly number[]): string {
  const mapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff;
  if (bytes.length === 4 || mapped) return bytes.slice(-4).join('.');
  if (bytes.slice(0, 15).every((byte) => byte === 0)) return bytes[15] === 1 ? '::1' : '::';
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0));
  return `[${words.map((word) => word.toString(16)).join(':')}]`;
}
