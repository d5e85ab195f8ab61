import { fromModule } from 'oversell';

export const hold = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.open(sale.stock),
    buy: (_, _sale, { requestId }) => shop.hold(requestId),
    confirm: (_, _sale, { requestId, userId }) => shop.pay(requestId, userId),
    left: () => shop.left(),
    job: () => shop.sweep(),
    orders: async () =>
      Object.entries(await shop.paid()).map(([requestId, userId]) => ({ requestId, userId })),
  }),
  { name: 'hold' },
);
