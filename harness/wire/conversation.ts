import { helloReply, INFO_REPLY, INFO_REPLY_OF_NODE } from './handshake.ts';
import { decodeCommand, messageEnd } from './resp.ts';
import { asksForSlots, subscriptionReplies, topologyReply, type ServerAddress } from './topology.ts';
import { execInResp2, inResp2 } from './resp2.ts';

/** What a client has said: a command, or what is answered at once. */
export type Said = { command: string } | { answer: string };

/** A command whose reply is to come. */
interface Unanswered {
  args: string[];
  /** In which it comes. */
  protocol: 2 | 3;
  /** What is answered right after it. */
  after: string;
}

/** What else matters about a client. */
export interface Circumstances {
  /** Its number, which it may ask for. */
  clientId(): number;
  /** It speaks another protocol than Redis'. */
  onForeign(): void;
  /** Whatever it connects to is led to the run's server, so that it does not matter which address it is told. */
  isLed?: boolean;
  /** It goes to the address that it is told: where it has found the server. */
  address?: ServerAddress;
  /** INFO says that it is a node of a cluster. */
  isNode?: boolean | undefined;
  /** What COMMAND is answered (RESP3), which clients of clusters ask for keys; absent: it is a command like others. */
  commandTable?: string | undefined;
}

/**
 * The server's side of a conversation with a client of the code's own, whatever library it is. How it introduces itself is
 * answered with fixed bytes, before its first command, and never explored: to what it asks there a server that serves it gives
 * the same answer at any time. Later the same words are commands like others. It is spoken to in the protocol that it asked
 * for.
 */
export class Conversation {
  readonly #about: Circumstances;
  #received = '';
  #protocol: 2 | 3 = 2;
  #database = 0;
  /** It has sent a command. */
  #begun = false;
  #silent = true;
  #inCluster = false;
  #isForeign = false;
  /** Commands without a reply, oldest first. */
  readonly #unanswered: Unanswered[] = [];
  /** Commands queued since MULTI. */
  #queued: string[][] | undefined;

  constructor(about: Circumstances) {
    this.#about = about;
  }

  /** The database that it has chosen. */
  get database(): number {
    return this.#database;
  }

  /** Its client asked which node of a cluster has which slots. */
  get inCluster(): boolean {
    return this.#inCluster;
  }

  /** It has said nothing at all. */
  get isSilent(): boolean {
    return this.#silent;
  }

  /** Bytes (latin1) come from the client. @returns what they complete, in order */
  hears(bytes: string): Said[] {
    this.#silent = false;
    const said: Said[] = [];
    if (this.#isForeign) return said;
    this.#received += bytes;
    for (;;) {
      if (this.#received !== '' && this.#received[0] !== '*') {
        this.#isForeign = true;
        this.#about.onForeign();
        return said;
      }
      const end = this.#received === '' ? -1 : messageEnd(this.#received, 0);
      if (end < 0) return said;
      said.push(...this.#said(this.#received.slice(0, end)));
      this.#received = this.#received.slice(end);
    }
  }

  /** Replies to its commands (RESP3), as it is told them. */
  tells(replies: string): string {
    let told = '';
    for (let at = 0; at < replies.length;) {
      const end = messageEnd(replies, at);
      const asked = this.#unanswered.shift() ?? { args: [''], protocol: this.#protocol, after: '' };
      told += this.#told(replies.slice(at, end), asked) + asked.after;
      at = end;
    }
    return told;
  }

  #said(bytes: string): Said[] {
    const args = decodeCommand(bytes);
    const answer = this.#begun ? undefined : this.#introduced(args);
    if (answer !== undefined) {
      const last = this.#unanswered.at(-1);
      if (!last) return [{ answer }];
      last.after += answer;
      return [];
    }
    // From RESET on it introduces itself again, and is answered when that is.
    this.#begun = !resets(args);
    this.#unanswered.push({ args, protocol: this.#protocol, after: '' });
    if (!this.#begun) {
      this.#protocol = 2;
      this.#database = 0;
    }
    return [{ command: bytes }];
  }

  #told(reply: string, { args, protocol }: Unanswered): string {
    const name = args[0]!.toUpperCase();
    const queued = this.#queued;
    if (name === 'MULTI' && reply.startsWith('+')) this.#queued = [];
    else if (name === 'EXEC' || name === 'DISCARD' || name === 'RESET') this.#queued = undefined;
    else if (queued && reply === '+QUEUED\r\n') queued.push([...args]);
    if (protocol === 3) return reply;
    return name === 'EXEC' ? execInResp2(reply, queued ?? []) : inResp2(reply, args);
  }

  /** What a server answers to this before the first command; undefined where it is one. */
  #introduced(args: readonly string[]): string | undefined {
    const [name = '', first = '', ...rest] = args.map((arg) => arg.toUpperCase());
    switch (name) {
      case 'HELLO':
        return this.#hello(args.slice(1));
      case 'SELECT':
        if (!/^\d{1,5}$/.test(first)) return undefined;
        this.#database = Number(first);
        return OK;
      case 'AUTH':
      case 'READONLY':
        return OK;
      case 'INFO':
        return this.#about.isNode ? INFO_REPLY_OF_NODE : INFO_REPLY;
      case 'COMMAND':
        return args.length > 1 ? undefined : this.#inItsProtocol(this.#about.commandTable, args);
      case 'CLIENT':
        return this.#client(first, rest.length);
      case 'ROLE':
        return ROLE_REPLY;
      case 'SENTINEL':
      case 'CLUSTER':
        if (!this.#mayBeLed) return undefined;
        this.#inCluster ||= asksForSlots(args);
        return this.#inItsProtocol(topologyReply(args, this.#about.address), args);
      case 'SUBSCRIBE':
      case 'PSUBSCRIBE':
        return this.#mayBeLed
          ? subscriptionReplies(args)
              ?.map((reply) => this.#inItsProtocol(reply, args))
              .join('')
          : undefined;
      default:
        return undefined;
    }
  }

  #client(subcommand: string, given: number): string | undefined {
    switch (subcommand) {
      case 'SETNAME':
      case 'SETINFO':
      case 'NO-EVICT':
      case 'NO-TOUCH':
        return given > 0 ? OK : undefined;
      case 'ID':
        return `:${this.#about.clientId()}\r\n`;
      case 'MAINT_NOTIFICATIONS':
        return `-ERR unknown subcommand '${subcommand}'. Try CLIENT HELP.\r\n`;
      default:
        return undefined;
    }
  }

  /** Whoever asks where the server is, and goes there, comes here again. */
  get #mayBeLed(): boolean {
    return this.#about.isLed === true || this.#about.address !== undefined;
  }

  #inItsProtocol(reply: string | undefined, args: readonly string[]): string | undefined {
    return reply === undefined || this.#protocol === 3 ? reply : inResp2(reply, args);
  }

  #hello([version]: readonly string[]): string {
    if (version !== undefined && version !== '2' && version !== '3')
      return '-NOPROTO unsupported protocol version\r\n';
    if (version !== undefined) this.#protocol = version === '3' ? 3 : 2;
    return this.#inItsProtocol(helloReply(this.#protocol), ['HELLO'])!;
  }
}

const resets = ([name]: readonly string[]): boolean => name!.toUpperCase() === 'RESET';

const OK = '+OK\r\n';
/** A primary that has no replica. */
const ROLE_REPLY = '*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n';
