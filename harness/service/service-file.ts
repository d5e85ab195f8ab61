import { basename, dirname, resolve } from 'node:path';
import { firstFault, otherKind, readJson } from '../documents/read-json.ts';
import { namesIn, serviceSchema, type Placeholder, type Service } from '../documents/service.ts';
import { UsageError } from '../ground/errors.ts';

/** A service file that was read. */
export interface ServiceFile {
  service: Service;
  name: string;
  /** Its folder, from which its paths are seen. */
  folder: string;
}

/** @throws UsageError if it cannot be read, or says something that it cannot mean */
export function readServiceFile(path: string): ServiceFile {
  const document = readJson(path, noService);
  const { data: service, error } = serviceSchema.safeParse(document);
  if (!service) {
    throw noService(otherKind(path, 'a service file', document) ?? `${path}: ${firstFault(error)}`, error);
  }
  const file = resolve(path);
  return { service, name: service.name ?? basename(file, '.json'), folder: dirname(file) };
}

/** Whether anything of it is filled in with this. */
export const mentions = ({ service }: Pick<ServiceFile, 'service'>, name: Placeholder): boolean =>
  namesIn(service).includes(name);

const noService = (message: string, cause: unknown): UsageError =>
  new UsageError('NO_SERVICE', message, 'harness/service/README.md describes the file, and shows two', {
    cause,
  });
