import { fromModule } from 'oversell';

export const lock = fromModule<typeof import('./shop.ts')>(
  new URL('./shop.ts', import.meta.url),
  ({ SeatsService }) => {
    const seats = new SeatsService();
    return {
      open: (_, sale) => seats.open(sale.sku, sale.stock),
      buy: (_, sale) => seats.book(sale.sku),
      left: (_, sale) => seats.free(sale.sku),
      answers: { sold: 'booked', soldOut: 'full', gaveUp: 'try again' },
    };
  },
  { name: 'lock' },
);
