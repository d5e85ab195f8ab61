/** How a shop sells, as far as `new` can write it. */
export const STYLES = ['lua', 'watch', 'decr-then-check', 'get-then-decr'] as const;
export type Style = (typeof STYLES)[number];
