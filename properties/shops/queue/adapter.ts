import { fromModule } from 'oversell';

export const queue = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.stock(sale.stock),
    buy: (_, _sale, { userId, requestId }) => shop.checkout(userId, requestId),
    left: () => shop.left(),
    orders: async () => (await shop.jobs()).map(({ userId, orderId }) => ({ userId, requestId: orderId })),
  }),
  { name: 'queue' },
);
