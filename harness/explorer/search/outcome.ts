import type { Scope } from '../../documents/scope.ts';
import type { Judgement } from '../../checkers/checker.ts';
import { buyerNamed, buyersOf, letter, renamer } from '../scope/ids.ts';
import { canonical, renameContent, withoutDeadlines, type KeyContent } from '../server/content.ts';
import { classesOf } from '../space/symmetry.ts';
import { violatedIn, type Finish } from './judge-end.ts';

/**
 * What one end of an interleaving comes to: an answer per request, the properties violated, and the logical
 * content of the server, up to renaming of interchangeable buyers. Searches that are reduced in different ways must
 * agree on the set of these: two ends get the same text exactly if some exchange of such buyers makes one the other.
 *
 * The text is that of a canonical order of the buyers. They are sorted by what tells them apart (their answers, and
 * where their ids stand in the content), again and again, as buyers who are told apart tell others apart. Of buyers
 * who stay alike, either any order will do, because exchanging neighbours changes nothing; or each is tried as the
 * first, and the least text is taken (individualisation and refinement: McKay, "Practical graph isomorphism", 1981).
 */
export function outcomeOf(
  scope: Scope,
  ends: readonly Finish[],
  judgement: Judgement,
  content: string,
): string {
  const classes = classesOfBuyers(scope);
  // How long keys still live does not matter any more, and real sockets tell it to a few milliseconds only.
  const plain = withoutDeadlines(content);
  const end: End = { scope, ends, violated: violatedIn(judgement), content: plain, classes };
  return leastFrom(
    end,
    refined(
      end,
      classes.map(() => 0),
    ),
  );
}

interface End {
  scope: Scope;
  ends: readonly Finish[];
  violated: readonly string[];
  content: string;
  /** For each buyer the first of those it may be exchanged with: itself, if there are none. */
  classes: readonly number[];
}

/** For each buyer the first buyer of those it may be exchanged with. */
export function classesOfBuyers(scope: Scope): number[] {
  const classes = classesOf(scope);
  return Array.from({ length: scope.buyers }, (_, b) => {
    const instance = b % scope.instances;
    return buyersOf(scope, instance).length === 1 ? classes[instance]! : b;
  });
}

/** The end as it reads after buyer `b` has taken the place of buyer `to[b]`. */
export function retold(end: Omit<End, 'classes'>, to: readonly number[]): string {
  const answers = end.ends
    .map(({ kind, buyer, fate }) => `${buyer < 0 ? '' : letter(to[buyer]!)} ${kind} ${fate}`)
    .toSorted();
  return JSON.stringify([answers, end.violated, renameContent(end.content, renamer(end.scope, to))]);
}

/** By buyer: how many of its class are known to come before it. Those of one class and rank are not told apart. */
type Ranks = readonly number[];

function leastFrom(end: End, ranks: Ranks): string {
  const tied = firstTie(end, ranks);
  if (!tied) return retold(end, placesOf(end, ranks));
  const texts = tied.map((first) => {
    const ahead = ranks.map((rank, b) => (b !== first && tied.includes(b) ? rank + 1 : rank));
    return leastFrom(end, refined(end, ahead));
  });
  return texts.reduce((least, text) => (text < least ? text : least));
}

/** Buyers who are not told apart, and of whom two cannot be exchanged without changing the end. */
function firstTie(end: End, ranks: Ranks): number[] | undefined {
  const identity = ranks.map((_, b) => b);
  const as = retold(end, identity);
  return identity
    .filter((b) => alike(end, ranks, b)[0] === b)
    .map((b) => alike(end, ranks, b))
    .find((group) =>
      // Exchanges of neighbours make up every order.
      group.slice(1).some((b, i) => retold(end, identity.with(b, group[i]!).with(group[i]!, b)) !== as),
    );
}

/** Buyers who are not told apart from this one, itself included, in ascending order. */
const alike = ({ classes }: End, ranks: Ranks, buyer: number): number[] =>
  ranks.flatMap((rank, b) => (classes[b] === classes[buyer] && rank === ranks[buyer] ? [b] : []));

/** Ranks after telling buyers apart by what can be said of them, until nothing more does. */
function refined(end: End, ranks: Ranks): Ranks {
  for (let at = ranks; ;) {
    const marks = at.map((_, b) => (alike(end, at, b).length > 1 ? markOf(end, at, b) : ''));
    const next = at.map((rank, b) => rank + alike(end, at, b).filter((o) => marks[o]! < marks[b]!).length);
    if (next.every((rank, b) => rank === at[b])) return at;
    at = next;
  }
}

/** What can be said of a buyer without naming any: its answers, and where its ids stand among others' classes and ranks. */
function markOf({ scope, ends, content, classes }: End, ranks: Ranks, buyer: number): string {
  const own = ends
    .filter((finish) => finish.buyer === buyer)
    .map(({ kind, fate }) => `${kind} ${fate}`)
    .toSorted()
    .join();
  let stands = false;
  const masked = content.replaceAll(/(request|user)-([A-Z])/g, (id, kind: string) => {
    const holder = buyerNamed(scope, id);
    if (holder === undefined) return id;
    stands ||= holder === buyer;
    return holder === buyer ? `${kind}-self` : `${kind}-${classes[holder]}.${ranks[holder]}`;
  });
  return stands ? `${own} ${inOrder(masked)}` : own;
}

/**
 * A masked content in an order that does not depend on what was masked: keys, fields and members that read alike now
 * are ordered by all that belongs to them.
 */
function inOrder(masked: string): string {
  const [keys] = JSON.parse(masked) as [KeyContent[]];
  const told = keys.map(canonical).map(({ items, ...key }) => {
    const pairs = items.flatMap((_, i) => (i % 2 === 0 ? [JSON.stringify(items.slice(i, i + 2))] : []));
    return JSON.stringify([key, key.type === 'hash' ? pairs.toSorted() : items]);
  });
  return told.toSorted().join();
}

/** A place for each buyer among those of its class, in the order of the ranks. Among the tied, any order will do. */
function placesOf(end: End, ranks: Ranks): number[] {
  const { classes } = end;
  return ranks.map((rank, b) => {
    const members = classes.flatMap((c, o) => (c === classes[b] ? [o] : []));
    return members[rank + alike(end, ranks, b).indexOf(b)]!;
  });
}
