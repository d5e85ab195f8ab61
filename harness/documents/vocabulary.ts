/** How the client treats a broken connection. */
export const CLIENT_MODES = ['default', 'no-resend', 'no-retry'] as const;
export type ClientMode = (typeof CLIENT_MODES)[number];
