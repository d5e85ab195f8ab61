/** What remedies say of strategies, and what says the same to the author of a service in any language. */
export const SERVICE_WORDS: readonly (readonly [ofStrategies: string, ofServices: string])[] = [
  ['a client sends again what had no reply', 'what had no reply was sent again, by a client or by the code'],
  ['the requestId', "the request's id"],
  ["the buyer's requestId", "the request's own id"],
  ['the same requestId', "the same request's id"],
  ['throw, so that the buyer asks', 'answer 503, so that the buyer asks'],
  ['throw, and let the buyer ask', 'answer 503, and let the buyer ask'],
  ['until then throw', 'until then answer 503'],
  ['throw nothing that leaves a buyer in doubt', 'answer nothing that leaves a buyer in doubt'],
  [
    'let recorded() tell what the script wrote down',
    'let the orders be read from what the script wrote down',
  ],
  ['once, in open, and not', 'once, before the service starts, and not'],
  [
    'call checkRequest, which refuses it by a DefiniteError',
    'look at what is asked for, and refuse it by 400',
  ],
  ['set autoResendUnfulfilledCommands to false on that connection', 'let that end the attempt with an error'],
  // A service of any language can send the script itself.
  ['as strategies/lua-reserve-once.ts does', 'as strategies/lua-reserve-once.lua does'],
];

/** The remedy in words that mean something to whoever has only a service. */
export const toServices = (remedy: string): string =>
  SERVICE_WORDS.reduce((told, [strategies, services]) => told.replaceAll(strategies, services), remedy);
