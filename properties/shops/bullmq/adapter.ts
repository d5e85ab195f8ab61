import { fromModule } from 'oversell';

export const tickets = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.putOnSale(sale.sku, sale.stock),
    buy: (_, sale, { userId, requestId }) => shop.order(sale.sku, userId, requestId),
    left: (_, sale) => shop.left(sale.sku),
  }),
  { name: 'tickets' },
);
