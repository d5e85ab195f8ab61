import { Injectable } from '@shop/container';
import { Redis } from 'ioredis';

@Injectable()
export class RedisService {
  client!: Redis;

  async onModuleInit(): Promise<void> {
    this.client = new Redis({ host: 'redis.internal', port: 6379, password: 'secret' });
    await this.client.ping();
  }
}
