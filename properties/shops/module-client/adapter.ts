import { fromModule } from 'oversell';

export const moduleClient = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  (shop) => ({
    open: (_, sale) => shop.addProduct(sale.sku, sale.stock),
    buy: (_, sale, { quantity }) => shop.order(sale.sku, quantity),
    left: (_, sale) => shop.quantityOf(sale.sku),
    answers: { sold: 'Success', soldOut: 'Sold Out' },
  }),
  { name: 'module-client', supports: ['several-units'] },
);
