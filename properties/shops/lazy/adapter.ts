import { fromModule } from 'oversell';

export const lazy = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.catalogue.save(sale.sku, sale.stock),
    buy: (_, sale) => shop.buy(sale.sku),
    left: (_, sale) => shop.left(sale.sku),
    answers: { sold: undefined, soldOut: 'sold out' },
  }),
  { name: 'lazy' },
);
