import 'reflect-metadata';

type Class<T = object> = new (...args: never[]) => T;
const made = new Map<Class, object>();

export const Injectable = (): ClassDecorator => () => {};

/** What Nest does: asks the metadata for what the constructor takes, and makes one of each. */
export function resolve<T extends object>(token: Class<T>): T {
  const known = made.get(token);
  if (known) return known as T;
  const types: Class[] = Reflect.getMetadata('design:paramtypes', token) ?? [];
  const instance = new token(...(types.map(resolve) as never[]));
  made.set(token, instance);
  return instance;
}

export async function createApplication<T extends object>(token: Class<T>): Promise<T> {
  const service = resolve(token);
  for (const one of made.values()) await (one as { onModuleInit?: () => Promise<void> }).onModuleInit?.();
  return service;
}
