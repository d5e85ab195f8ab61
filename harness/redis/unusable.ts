import { EnvironmentError, UsageError, type RunError } from '../ground/errors.ts';

/** What to do where nobody knows better. */
export const CHECK_SERVER =
  'check that the server runs there and accepts this login (one that speaks TLS is rediss://), or leave --redis out';

/** Nobody whom Node trusts has signed the certificate. */
const UNTRUSTED = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

/** What the user can do about it: a code, what is wrong, and the remedy. */
type Known = readonly [code: string, what: string, remedy: string];

/**
 * What else it may be, where the connection is encrypted. A server without TLS waits for more than a greeting that it does
 * not understand; one that asks for a certificate closes the connection, and its reason may come too late.
 */
export const CHECK_TLS =
  'check that it speaks TLS at that port (redis:// where not), and asks for no certificate of its clients (tls-auth-clients no)';

/** Why a server cannot be used, of what its client was told. @param check what to do where nobody knows */
export function unusable(reason: Error, cause: unknown, check: string): RunError {
  if (isNonsense(reason)) return noRedis('', reason);
  const known = tlsFault(reason) ?? refusal(reason.message);
  if (known === undefined) {
    const isThere = !/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/.test(reason.message);
    const remedy = isThere ? check : CHECK_SERVER;
    return new EnvironmentError('REDIS_UNUSABLE', `--redis: ${reason.message}`, remedy, { cause });
  }
  const [code, what, remedy] = known;
  return new UsageError(code, `--redis: ${what}`, remedy, { cause });
}

/** Whether the client could make nothing of what it was answered: it falls over, or says that it should not happen. */
const isNonsense = (reason: Error): boolean =>
  reason instanceof TypeError || reason instanceof RangeError || /report (it|this)\b/.test(reason.message);

/** First words of a refusal that passes, or that the server's owner can mend. */
const TEMPORARY: readonly (readonly [said: RegExp, what: string, remedy: string])[] = [
  [/^LOADING/, 'that server is still loading its data', 'wait until it has, and run again'],
  [/^BUSY/, 'a script keeps that server busy', 'wait for its end, or end it there: redis-cli SCRIPT KILL'],
  [/^MASTERDOWN/, 'that server is a replica that has lost its primary', 'give a primary'],
  [/^DENIED/, 'that server is in protected mode, and answers its own machine alone', 'run it there'],
  [/^MISCONF/, 'that server cannot write its data down, and takes no writes', 'see its log, and make room'],
  [/^NOREPLICAS/, 'that server takes no writes without its replicas', 'start them, or give another server'],
  [
    /max number of clients/i,
    'that server takes no more clients',
    'raise its maxclients, or end some of them',
  ],
  [
    /^ERR unknown command/,
    'that server lacks a command that a run needs',
    'give another server, or a newer one',
  ],
];

/** What a server says that does not want us. */
function refusal(message: string): Known | undefined {
  if (message.startsWith('NOAUTH')) {
    const remedy =
      'put the login into the URL: redis://<user>:<password>@host, or redis://:<password>@host for the default user';
    return ['NO_LOGIN', 'that server wants a login, and the URL has none', remedy];
  }
  if (/^WRONGPASS|^ERR invalid password/.test(message)) {
    const remedy = 'check user and password; / ? # @ and % in them are written %2F %3F %23 %40 %25';
    return ['WRONG_LOGIN', 'that server does not accept the login in the URL', remedy];
  }
  if (message.startsWith('NOPERM')) return noPermission(message);
  const [, what, remedy] = TEMPORARY.find(([said]) => said.test(message)) ?? [];
  return what === undefined ? undefined : ['REDIS_REFUSES', `${what}: ${message}`, remedy!];
}

function noPermission(message: string): Known {
  const [, command] = /'([^']+)' command/.exec(message) ?? [];
  const [what, rule] =
    command === undefined
      ? ['touch the keys of a run', '~oversell:*']
      : [`run ${command.toUpperCase()}, which a run needs`, `+${command.toLowerCase()}`];
  return [
    'NO_PERMISSION',
    `the login in the URL may not ${what}`,
    `have the server’s owner allow it (ACL SETUSER <user> ${rule}), or give another login`,
  ];
}

function tlsFault({ code = '' }: NodeJS.ErrnoException): Known | undefined {
  if (UNTRUSTED.includes(code)) {
    return [
      'UNTRUSTED_CERTIFICATE',
      'nobody whom this machine trusts has signed the certificate of that server',
      '--tls-ca <file> trusts the authority in it; where the server has signed it itself, give that very certificate',
    ];
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return ['EXPIRED_CERTIFICATE', 'the certificate of that server has expired', 'have it renewed'];
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const remedy = 'give the host as it stands in the certificate, or have one made out for this name';
    return ['OTHER_CERTIFICATE', 'the certificate of that server is made out for another host', remedy];
  }
  if (!code.startsWith('ERR_SSL_') || code.includes('ALERT')) return undefined;
  const remedy = 'begin the URL with redis:// where the connection is not encrypted';
  return ['NO_TLS', 'what listens there does not speak TLS', remedy];
}

/** Something else listens there. @param said its first words */
export const noRedis = (said: string, cause: Error): UsageError =>
  new UsageError(
    'NOT_REDIS',
    `--redis: what listens there does not speak the protocol of Redis${said.startsWith('HTTP') ? ', but HTTP' : ''}`,
    'give the host and the port of a Redis server, and rediss:// where it speaks TLS',
    { cause },
  );

export const silent = (who: string, silentMs: number, check: string): UsageError =>
  new UsageError(
    'REDIS_SILENT',
    `--redis: ${who} has answered nothing for ${silentMs / 1_000} s`,
    `${check}; --patience waits longer`,
  );
