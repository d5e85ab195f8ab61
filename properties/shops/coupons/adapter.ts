import { fromModule } from 'oversell';

export const coupons = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.issue(sale.stock),
    buy: (_, _sale, { userId }) => shop.claim(userId),
    left: () => shop.rest(),
    orders: () => shop.owners(),
    answers: { sold: 'OK', soldOut: 'GONE', alreadyYours: 'ALREADY' },
  }),
  { name: 'coupons', supports: ['limit'] },
);
