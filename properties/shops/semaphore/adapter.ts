import { fromModule } from 'oversell';

export const semaphore = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.putOnSale(sale.sku, sale.stock),
    buy: (_, sale) => shop.book(sale.sku),
    left: (_, sale) => shop.free(sale.sku),
    answers: { sold: 'booked', soldOut: 'full', gaveUp: 'try again' },
  }),
  { name: 'semaphore' },
);
