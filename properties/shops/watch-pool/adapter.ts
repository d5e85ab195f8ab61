import { fromModule } from 'oversell';

export const watchPool = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.publish(sale.sku, sale.stock),
    buy: (_, sale) => shop.take(sale.sku),
    left: (_, sale) => shop.units(sale.sku),
    answers: { gaveUp: shop.Busy },
  }),
  { name: 'watch-pool' },
);
