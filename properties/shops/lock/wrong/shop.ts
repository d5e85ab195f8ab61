import { Redis } from 'ioredis';
import { acquire } from './lock.js';

export class SeatsService {
  private readonly redis = new Redis();

  open = (show: string, seats: number) => this.redis.set(`seats:${show}`, seats);
  free = (show: string) => this.redis.get(`seats:${show}`);

  async book(show: string): Promise<'booked' | 'full' | 'try again'> {
    const release = await acquire(this.redis, `lock:${show}`, 60_000);
    if (!release) return 'try again';
    try {
      if (Number(await this.free(show)) < 1) return 'full';
      await this.redis.decr(`seats:${show}`);
      return 'booked';
    } finally {
      await release();
    }
  }
}
