import { Injectable } from '@shop/container';
import { RedisService } from '@shop/redis.service';

@Injectable()
export class StockService {
  constructor(private readonly redis: RedisService) {}

  async create(sku: string, units: number): Promise<void> {
    await this.redis.client.set(`stock:${sku}`, units);
  }

  async available(sku: string): Promise<number> {
    return Number(await this.redis.client.get(`stock:${sku}`));
  }

  async purchase(sku: string): Promise<boolean> {
    return (await this.redis.client.decr(`stock:${sku}`)) >= 0;
  }
}
