/**
 * What a client asks of a Sentinel or of a node of a cluster before it sends commands, and is told where there is one server:
 * that it is the primary, and has every slot. Where the address that it is told leads does not matter: every connection of
 * the code is led to the run's server.
 */

/** Fields by their names are a map in RESP3, and a list of both in RESP2. */
interface Fields {
  readonly [name: string]: string;
}
type Told = string | number | readonly Told[] | Fields;

/** Where a server is. */
export interface ServerAddress {
  host: string;
  port: number;
}

const HOST = '127.0.0.1';
/** Nobody's address (RFC 5737), so that a client of a cluster is known by it: a process may have others, which are of none. */
const NODE_HOST = '198.51.100.1';
const PORT = 6379;
const NODE = ''.padEnd(40, '0');
const LAST_SLOT = 16_383;

const CLUSTER_INFO = [
  'cluster_enabled:1',
  'cluster_state:ok',
  `cluster_slots_assigned:${LAST_SLOT + 1}`,
  `cluster_slots_ok:${LAST_SLOT + 1}`,
  'cluster_known_nodes:1',
  'cluster_size:1',
  '',
].join('\r\n');

/** What a Sentinel says of a primary that nobody doubts. */
const primaryAt = ({ host, port }: ServerAddress): Fields => ({
  name: 'primary',
  ip: host,
  port: String(port),
  runid: NODE,
  flags: 'master',
  'role-reported': 'master',
  'config-epoch': '0',
  'num-slaves': '0',
  'num-other-sentinels': '0',
  quorum: '1',
});

/** By command and subcommand. */
const answersAt = (primary: ServerAddress, node: ServerAddress): ReadonlyMap<string, Told> =>
  new Map<string, Told>([
    ['SENTINEL GET-MASTER-ADDR-BY-NAME', [primary.host, String(primary.port)]],
    ['SENTINEL SENTINELS', []],
    ['SENTINEL MASTER', primaryAt(primary)],
    ['SENTINEL REPLICAS', []],
    ['CLUSTER SLOTS', [[0, LAST_SLOT, [node.host, node.port, NODE]]]],
    ['CLUSTER INFO', CLUSTER_INFO],
    ['CLUSTER MYID', NODE],
  ]);
const ANSWERS = answersAt({ host: HOST, port: PORT }, { host: NODE_HOST, port: PORT });

const asked = ([name = '', subcommand = '']: readonly string[]): string =>
  `${name} ${subcommand}`.toUpperCase();

/**
 * What the client is told, in RESP3; undefined where it asks for something else.
 * @param address where the server is; absent: anywhere, as whatever it connects to is led there
 */
export function topologyReply(args: readonly string[], address?: ServerAddress): string | undefined {
  const answers = address ? answersAt(address, address) : ANSWERS;
  const told = answers.get(asked(args));
  return told === undefined ? undefined : encoded(told);
}

/** A command that a server answers with that, whatever it holds. */
export function topologyCommand(args: readonly string[]): string[] | undefined {
  const told = ANSWERS.get(asked(args));
  return told === undefined ? undefined : ['EVAL', `redis.setresp(3) return ${inLua(told)}`, '0'];
}

/** Whether a connection there is one to the node of a cluster. */
export const isNode = ({ host }: { host?: string | undefined }): boolean => host === NODE_HOST;

/** Whether it asks which node has which slots, as clients of a cluster do. */
export const asksForSlots = (args: readonly string[]): boolean => asked(args) === 'CLUSTER SLOTS';

const EVENTS =
  /^(\[-\+\]|[-+])?(switch-master|sdown|odown|slave|sentinel|slave-reconf-done|reboot|failover-end)$/;

/**
 * What is told to whoever wants to hear what Sentinels do: that they will. Where there is one server, nothing ever happens.
 * @returns messages in RESP3; undefined where it is anything else that they want to hear
 */
export function subscriptionReplies([name, ...patterns]: readonly string[]): string[] | undefined {
  if (patterns.length === 0 || !patterns.every((pattern) => EVENTS.test(pattern))) return undefined;
  const how = name!.toLowerCase();
  return patterns.map((pattern, i) => encoded([how, pattern, i + 1]).replace('*', '>'));
}

function encoded(told: Told): string {
  if (typeof told === 'number') return `:${told}\r\n`;
  if (typeof told === 'string') return `$${told.length}\r\n${told}\r\n`;
  if (isList(told)) return `*${told.length}\r\n${told.map(encoded).join('')}`;
  const fields = Object.entries(told);
  return `%${fields.length}\r\n${fields.flat().map(encoded).join('')}`;
}

function inLua(told: Told): string {
  if (typeof told !== 'object') return JSON.stringify(told);
  if (isList(told)) return `{${told.map(inLua).join(',')}}`;
  const fields = Object.entries(told).map(([name, value]) => `[${JSON.stringify(name)}]=${inLua(value)}`);
  return `{map={${fields.join(',')}}}`;
}

const isList = (told: Told): told is readonly Told[] => Array.isArray(told);
