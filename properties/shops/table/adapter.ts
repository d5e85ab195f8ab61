import { fromModule } from 'oversell';

export const table = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.create(sale.stock),
    buy: (_, _sale, { userId, requestId }) => shop.buy(userId, requestId),
    left: () => shop.remaining(),
    orders: async () =>
      Object.entries(await shop.orders()).map(([userId, requestId]) => ({ userId, requestId })),
    answers: { sold: 'OK', soldOut: 'NONE', alreadyYours: 'DUPLICATE' },
  }),
  { name: 'table', supports: ['limit'] },
);
