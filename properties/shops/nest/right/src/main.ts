import { createApplication } from '@shop/container';
import { StockService } from '@shop/stock.service';

export const start = (): Promise<StockService> => createApplication(StockService);
