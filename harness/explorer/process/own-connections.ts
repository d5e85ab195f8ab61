import type { Duplex } from 'node:stream';
import type { Scope } from '../../documents/scope.ts';
import { Conversation } from '../../wire/conversation.ts';
import { abandon } from '../../wire/other-end.ts';
import { addressText, askedHere, Refusal, type Address, type Asked } from '../../wire/refusal.ts';
import type { ClientSide } from '../../wire/transport.ts';
import { CannotExplore, StartAgain } from '../cannot-explore.ts';
import { currentWorld, type World } from './worlds.ts';

/** The database in which the code keeps its sale: one for all of its processes. */
export class Database {
  #number: number | undefined;

  /** A client sends a command there. @returns why it must not, if another one has done so elsewhere */
  refuses(number: number): CannotExplore | undefined {
    this.#number ??= number;
    if (number === this.#number) return undefined;
    return new CannotExplore(
      `its clients use databases ${this.#number} and ${number}, and the explorer keeps a sale in one`,
      'let all of them use the same one: what open() is handed uses database 0',
    );
  }
}

/** What holds for all clients that the code makes itself. */
export interface OwnClients {
  database: Database;
  /** How the client is set up that the code is handed. */
  mode: Scope['client'];
}

/** The process whose connections they are. */
export interface Owner extends World {
  /** It asked for what cannot be had: told once nothing moves any more. */
  fails(error: Error): void;
  refused(refusal: Refusal): void;
  /** A number that nobody else has. */
  clientId(): number;
}

interface Opened {
  address: Address;
  asked: Asked;
  conversation: Conversation;
  /** Its other end. */
  end: Duplex;
}

/** Connections that the code of a process opens by itself: links of that process, wherever they were to lead. */
export class OwnConnections {
  readonly #owner: Owner;
  readonly #clients: OwnClients;
  readonly #opened: Opened[] = [];

  /** A connection breaks, by no doing of the code's. */
  isBreaking = false;

  constructor(owner: Owner, clients: OwnClients) {
    this.#owner = owner;
    this.#clients = clients;
  }

  /** @param link makes the other end */
  open(address: Address, link: (client: Pick<ClientSide, 'own'> & { heard: () => void }) => Duplex): Duplex {
    const asked = askedHere();
    const conversation = new Conversation({
      clientId: () => this.#owner.clientId(),
      isLed: true,
      onForeign: () => this.#owner.refused(foreign(address, asked)),
    });
    const end = link({ own: conversation, heard: () => this.#requireOwn(conversation) });
    this.#opened.push({ address, asked, conversation, end });
    // Whoever is silent until it gives up has waited for what another kind of server says first.
    end.once('close', () => {
      if (conversation.isSilent && !this.isBreaking) this.#owner.refused(foreign(address, asked));
    });
    return end;
  }

  /** A client of its has asked a cluster for its nodes. */
  get inCluster(): boolean {
    return this.#opened.some(({ conversation }) => conversation.inCluster);
  }

  /** The process is gone: nobody hears of its connections any more. */
  abandon(): void {
    this.isBreaking = true;
    for (const { end } of this.#opened) abandon(end);
  }

  /** One on which nothing was said: where a process waits, and for nothing that could come, another kind of server may speak first. */
  get silent(): Refusal | undefined {
    const silent = this.#opened.find(({ conversation, end }) => conversation.isSilent && !end.destroyed);
    return silent && foreign(silent.address, silent.asked);
  }

  /** A client sends a command that the code was given: it uses the first database. */
  requireGiven(): void {
    const fault = this.#clients.database.refuses(0);
    if (fault) this.#owner.fails(fault);
  }

  #requireOwn(conversation: Conversation): void {
    const writer = currentWorld();
    // Over real sockets it is not known by then who wrote it; there the search has been before.
    if (writer !== undefined && writer !== this.#owner) (writer as Owner).fails(SHARED);
    const { database, mode } = this.#clients;
    const fault = mode === 'default' ? database.refuses(conversation.database) : setUpElsewhere(mode);
    if (fault) this.#owner.fails(fault);
  }
}

const setUpElsewhere = (mode: Scope['client']): CannotExplore =>
  new CannotExplore(
    `--client ${mode} would do nothing: it sends its commands by a client that it makes itself`,
    'leave out --client, and give that client the options',
  );

const SHARED = new StartAgain('packages', 'processes share a package that keeps a connection');

const foreign = (address: Address, asked: Asked): Refusal => {
  const what = `opens a connection to ${addressText(address)}, where it does not speak to Redis: nothing was sent`;
  return new Refusal('protocol', what, 'cjs', asked);
};
