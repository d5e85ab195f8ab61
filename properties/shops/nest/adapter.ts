import { fromModule } from 'oversell';

export const nest = fromModule<typeof import('./src/main.ts')>(
  new URL('./src/main.ts', import.meta.url),
  async ({ start }) => {
    const stock = await start();
    return {
      open: (_, sale) => stock.create(sale.sku, sale.stock),
      buy: (_, sale) => stock.purchase(sale.sku),
      left: (_, sale) => stock.available(sale.sku),
    };
  },
  { name: 'nest' },
);
