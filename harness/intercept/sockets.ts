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

/** As the kernel numbers the state of a socket that is connected. */
const ESTABLISHED = 1;

/** Whether something waits to be read by a process that serves these ports. */
export const isUnread = (pid: number, ports: readonly number[]): boolean =>
  listed(pid, ['tcp', 'tcp6']).some(
    ({ local, remote, unread }) => unread > 0 && (ports.includes(local.port) || ports.includes(remote.port)),
  );

/**
 * To whom else these processes talk: peers of connected sockets, TCP and UDP, but for those of the given ports.
 * @returns addresses as host:port, each once
 */
export function foreignPeers(pids: readonly number[], ports: readonly number[]): string[] {
  const [pid] = pids;
  if (pid === undefined) return [];
  const own = new Set(pids.flatMap(inodesOf));
  const sockets = listed(pid, ['tcp', 'tcp6', 'udp', 'udp6']).filter(({ inode }) => own.has(inode));
  // Their processes may talk to each other.
  const ends = new Set(sockets.map(({ local }) => `${local.host}:${local.port}`));
  const peers = sockets
    .filter(({ remote, state }) => state === ESTABLISHED && !ends.has(`${remote.host}:${remote.port}`))
    .filter(({ local, remote }) => !ports.includes(local.port) && !ports.includes(remote.port));
  return [...new Set(peers.map(({ remote }) => `${remote.host}:${remote.port}`))];
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
